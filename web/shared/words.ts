/** Interface texts of the parts that frame and desk share, in all the languages we speak. */

import ar from "./words_ar";
import type { WordTables } from "./words_choose";
import de from "./words_de";
import en from "./words_en";
import es from "./words_es";
import fr from "./words_fr";
import type { SharedWords } from "./words_shape";

export * from "./words_choose";
export type { SharedWords } from "./words_shape";

export const sharedWords: WordTables<SharedWords> = { en, de, fr, es, ar };
