/** Chooses the language of the interface for a user. */
import { LANGUAGES, type Language, RIGHT_TO_LEFT } from "texts:languages";

export type Direction = "ltr" | "rtl";

export { LANGUAGES, type Language };

export interface Chosen {
  language: Language;
  direction: Direction;
}

/** Return the language for a BCP 47 tag such as `de-AT`; English if the interface does not have it. */
export function chooseLanguage(tag: string | null | undefined): Chosen {
  const primary = tag?.toLowerCase().split(/[-_]/)[0];
  const language = LANGUAGES.find((one) => one === primary) ?? "en";
  return { language, direction: directionOf(language) };
}

export const directionOf = (language: Language): Direction => (RIGHT_TO_LEFT.includes(language) ? "rtl" : "ltr");
