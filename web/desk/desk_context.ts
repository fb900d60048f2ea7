/** What every view needs and none decides: the words and the way of writing times. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Language, type SharedWords, sharedWords } from "../shared/words";
import { type DeskWords, deskWords } from "./desk_words";

export interface Speech {
  readonly words: DeskWords;
  readonly shared: SharedWords;
  /** BCP 47 tag for dates and numbers. */
  readonly language: string;
}

/** The speech of a language; `tag` adds the region's way of writing times. */
export function speechOf(language: Language, tag: string): Speech {
  const spoken = tag.toLowerCase().split("-")[0] === language;
  return { words: deskWords[language], shared: sharedWords[language], language: spoken ? tag : language };
}

export const SpeechContext = createContext<Speech>(speechOf("en", "en"));

export function useSpeech(): Speech {
  return useContext(SpeechContext);
}
