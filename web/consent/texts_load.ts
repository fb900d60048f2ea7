/** The texts in the page's language. English is included; the server provides the others on demand. */
import { importRetry } from "../core/import_retry";
import { pageDocument } from "../core/page_document";
import type { ConsentConfig, Said } from "./consent_config";

/** The banner must not stay hidden: after this long it is shown in English. */
const DEADLINE_MS = 4_000;

const primary = (tag: string) => tag.toLowerCase().split(/[-_]/)[0] ?? "";

/** Return the texts in the page's language, else in the browser's, else in English. */
export async function loadWords({ site, origin, languages, said }: ConsentConfig): Promise<Said> {
  const spoken = [pageDocument.documentElement.lang, navigator.language].map(primary);
  const language = spoken.find((tag) => tag === said.language || languages.includes(tag));
  if (!language || language === said.language) return said;
  const late = new Promise<Said>((done) => setTimeout(done, DEADLINE_MS, said));
  try {
    // Loaded once in the life of the page, with one repeat if it fails.
    const load = importRetry((query) => import(/* @vite-ignore */ `${origin}/consent/${site}/${language}.js${query}`));
    return await Promise.race([
      load()
        .catch(load)
        .then((it) => it.default),
      late,
    ]);
  } catch {
    return said;
  }
}
