/** Loads the texts of a surface in one language. */
import type { Language } from "./language";

/** The functions that load each language: the default export of `texts:SURFACE/lazy`. */
export type TextLoaders<Texts> = Readonly<Record<Language, () => Promise<{ default: Texts }>>>;

const RETRY_MS = 2_000;

/** Return the texts in a language. Failed downloads are repeated until one succeeds: a page shows nothing without its texts. */
export async function loadTexts<Texts>(loaders: TextLoaders<Texts>, language: Language): Promise<Texts> {
  for (;;) {
    try {
      return (await loaders[language]()).default;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
