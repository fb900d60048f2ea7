/** Shared values of every view: the texts and the format of times. */
import conversationTexts, { type ConversationTexts } from "texts:conversation";
import deskTexts, { type DeskTexts } from "texts:desk";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Language } from "../shared/words_choose";
import { WRITE_DELAY } from "./draft_keep";

export interface Translations {
  readonly words: DeskTexts;
  readonly shared: ConversationTexts;
  /** BCP 47 tag for dates and numbers. */
  readonly language: string;
}

/** Return the texts of a language; `tag` adds the region's format of times. */
export function translationsOf(language: Language, tag: string): Translations {
  const spoken = tag.toLowerCase().split("-")[0] === language;
  const words = deskTexts[language];
  const shared = conversationTexts[language];
  const refusals = { ...shared.refusals, [WRITE_DELAY]: words.heldBack };
  return { words, shared: { ...shared, refusals }, language: spoken ? tag : language };
}

export const TranslationsContext = createContext<Translations>(translationsOf("en", "en"));

export function useTranslations(): Translations {
  return useContext(TranslationsContext);
}
