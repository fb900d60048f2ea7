import type { Language } from "./words_choose";

/** Each language by its own name: who does not read the page's must still find theirs. */
export const languageNames: Record<Language, string> = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  ar: "العربية",
};
