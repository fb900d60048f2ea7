/** The texts of the chat. English is part of the chat's script; every other language is loaded when it is needed. */
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
