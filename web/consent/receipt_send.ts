/** Tells the server of a grant, a change or a withdrawal, and gets the receipt's number. Who refuses from the start is not told of. */
import type { ConsentAnswer } from "./consent_record";

/** A page that waits for the answer before it reloads waits no longer than this. */
const DEADLINE_MS = 3_000;

/**
 * The receipt's number. Null when the server could not be reached or is busy: the choice holds, and it is sent again later. Empty
 * when the server refused for good: a repeat would be refused too.
 */
export async function sendReceipt(
  origin: string,
  site: string,
  { c, src, rev, rid }: ConsentAnswer,
  [language, text, id]: NonNullable<ConsentAnswer["due"]>,
): Promise<string | null> {
  const body = {
    site,
    categories: c,
    source: src,
    revision: rev,
    language,
    text,
    ...(rid && { previous: rid }),
    ...(id && { id }),
  };
  try {
    const answer = await fetch(`${origin}/v1/consent`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      // The page may be left meanwhile.
      keepalive: true,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (answer.ok) return (await answer.json()).receipt;
    if (answer.status < 429) return "";
  } catch {
    // Not reached.
  }
  return null;
}
