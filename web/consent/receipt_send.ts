/**
 * Reports a grant, a change or a withdrawal to the server and receives the receipt ID. A refusal without an earlier grant is not
 * reported.
 */
import type { ConsentAnswer } from "./consent_record";

/** Longest wait of a page that reloads after the response. */
const DEADLINE_MS = 3_000;

/**
 * Return the receipt ID. The result is null if the server is unreachable or busy: the choice is valid and is sent again later. It
 * is empty if the server rejected the request permanently, so that a repeat would fail too.
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
      // The page may be left in the meantime.
      keepalive: true,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (answer.ok) return (await answer.json()).receipt;
    if (answer.status < 429) return "";
  } catch {
    // The server is unreachable.
  }
  return null;
}
