/** What every view needs and none decides: the words and the way of writing times. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Language, type SharedWords, sharedWords } from "../shared/words";
import { type DeskWords, deskWords } from "./desk_words";
import { HELD_BACK } from "./draft_keep";

export interface Speech {
  readonly words: DeskWords;
  readonly shared: SharedWords;
  /** BCP 47 tag for dates and numbers. */
  readonly language: string;
}

/** The speech of a language; `tag` adds the region's way of writing times. */
export function speechOf(language: Language, tag: string): Speech {
  const spoken = tag.toLowerCase().split("-")[0] === language;
  const words = deskWords[language];
  const shared = sharedWords[language];
  const refusals = { ...shared.refusals, [HELD_BACK]: words.heldBack };
  return { words, shared: { ...shared, refusals }, language: spoken ? tag : language };
}

export const SpeechContext = createContext<Speech>(speechOf("en", "en"));

export function useSpeech(): Speech {
  return useContext(SpeechContext);
}
