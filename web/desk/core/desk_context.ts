/** Shared values of every view: the texts and the format of times. */
import type { ConversationTexts } from "texts:conversation";
import type { DeskTexts } from "texts:desk";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Language } from "../../i18n/language";
import { WRITE_DELAY } from "./draft_storage";

export interface Translations {
  readonly words: DeskTexts;
  readonly shared: ConversationTexts;
  /** BCP 47 tag for dates and numbers. */
  readonly language: string;
}

/** Return the texts of a language for the views; `tag` adds the region's format of times. */
export function translationsOf(words: DeskTexts, language: Language, tag: string): Translations {
  const spoken = tag.toLowerCase().split("-")[0] === language;
  const shared = words.conversation;
  const refusals = { ...shared.refusals, [WRITE_DELAY]: words.heldBack };
  return { words, shared: { ...shared, refusals }, language: spoken ? tag : language };
}

export const TranslationsContext = createContext<Translations | null>(null);

export function useTranslations(): Translations {
  const translations = useContext(TranslationsContext);
  if (!translations) throw new Error("texts are used outside the desk");
  return translations;
}
