/** The desk's texts in the operator's language. */
import type { DeskTexts } from "texts:desk";
import loaders from "texts:desk/lazy";
import { effect, signal } from "@preact/signals";
import type { Language } from "../../i18n/language";
import { loadTexts } from "../../i18n/texts_load";
import { currentLanguage } from "../state/preference_signals";

export interface LoadedTexts {
  readonly language: Language;
  readonly words: DeskTexts;
}

/** null until the first texts are loaded. After a change of language, the previous texts until the new ones are loaded. */
export const deskTexts = signal<LoadedTexts | null>(null);

/** Load the texts of the current language, now and after each change of it. */
export function followLanguage(): void {
  effect(() => void load(currentLanguage.value));
}

async function load(language: Language): Promise<void> {
  const words = await loadTexts(loaders, language);
  // The operator may have chosen another language in the meantime.
  if (language === currentLanguage.peek()) deskTexts.value = { language, words };
}
