/** The texts of the chat. The chat's script contains English; every other language is loaded on demand. */
import type { FrameTexts } from "texts:frame";
import english from "texts:frame/en";
import loaders from "texts:frame/lazy";
import type { Language } from "../shared/words_choose";

/** Return the texts in a language; in English if they cannot be loaded. */
export async function loadFrameTexts(language: Language): Promise<FrameTexts> {
  if (language === "en") return english;
  try {
    return (await loaders[language]()).default;
  } catch {
    return english;
  }
}
