/** Texts of the chat. English is there at once; each other language is a file of its own, loaded when it is spoken. */
import { importPart } from "../shared/import_part";
import type { Language } from "../shared/words_choose";
import type { SharedWords } from "../shared/words_shape";
import english from "./frame_words_en";

export interface FrameWords {
  close: string;
  message: string;
  placeholder: string;
  /** Status line under the site's name. */
  online: string;
  reconnecting: string;
  /** Empty state. */
  welcome: string;
  welcomeMore: string;
  /** Label of the tick. */
  keep: (days: number) => string;
  keptUntil: (date: string) => string;
  /** Nothing can be kept (storage is blocked, or there is no key to bind the session to): what that means. */
  tabOnly: string;
  /** The tick did not work. */
  keepRefused: string;
  ended: string;
  /** The page is not on the site's list. */
  refusedSite: string;
  /** The menu, and what it leads to. */
  menu: string;
  settings: string;
  yourData: string;
  /** Takes this chat to another device, and another device's chat here. */
  onward: string;
  hither: string;
  policy: string;
  /** Said with a link that leads to another tab. */
  newTab: string;
  back: string;
  /** A part of the chat that is loaded when it is asked for did not come. */
  partFailed: string;
}

export type ChatWords = SharedWords & FrameWords;

const loaders: Record<Exclude<Language, "en">, () => Promise<{ default: ChatWords }>> = {
  de: importPart(() => import("./frame_words_de")),
  fr: importPart(() => import("./frame_words_fr")),
  es: importPart(() => import("./frame_words_es")),
  ar: importPart(() => import("./frame_words_ar")),
};

/** The words of a language; English when they cannot be loaded. */
export async function loadChatWords(language: Language): Promise<ChatWords> {
  if (language === "en") return english;
  try {
    return (await loaders[language]()).default;
  } catch {
    return english;
  }
}
