/** Which of the languages we speak a person gets. */

/** BCP 47 primary subtags of the languages every table has. */
export type Language = "en" | "de" | "fr" | "es" | "ar";
export type Direction = "ltr" | "rtl";

/** One table of texts a language. A text is a string or a function of what varies in it. */
export type WordTables<Words> = Record<Language, Words>;

export interface Chosen {
  language: Language;
  direction: Direction;
}

export const LANGUAGES: readonly Language[] = ["en", "de", "fr", "es", "ar"];

/** The language for a BCP 47 tag such as `de-AT`; English when we do not speak it. */
export function chooseLanguage(tag: string | null | undefined): Chosen {
  const primary = tag?.toLowerCase().split(/[-_]/)[0];
  const language = LANGUAGES.find((one) => one === primary) ?? "en";
  return { language, direction: directionOf(language) };
}

export const directionOf = (language: Language): Direction => (language === "ar" ? "rtl" : "ltr");
