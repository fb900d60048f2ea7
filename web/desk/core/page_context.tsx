/** Shared values of every page: its texts, the operator, and the API. */
import type { DeskPagesTexts } from "texts:desk_pages";
import loaders from "texts:desk_pages/lazy";
import { type ComponentChildren, createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Operator } from "../../wire/frames";
import { PERMISSIONS, type Verb } from "../../wire/permissions";
import type { DeskApi } from "./desk_api";
import { LazyTexts } from "./lazy";

const WordsContext = createContext<DeskPagesTexts | null>(null);

export function usePageWords(): DeskPagesTexts {
  const words = useContext(WordsContext);
  if (!words) throw new Error("the page's texts are used before they are loaded");
  return words;
}

/** Shows its children when the texts of the language are loaded. */
export function WithPageWords({ children }: { readonly children: ComponentChildren }) {
  return (
    <LazyTexts loaders={loaders}>
      {(texts) => <WordsContext.Provider value={texts}>{children}</WordsContext.Provider>}
    </LazyTexts>
  );
}

/** Properties of each page. `item`: the rest of its address, as in the route. */
export interface PageProperties {
  readonly item: string | null;
}

export interface PageSetting {
  readonly call: DeskApi;
  /** The signed-in operator. Pages are shown only once it is known. */
  readonly operator: Operator;
  /** Reports changes of the operator to the desk. */
  readonly onOperator: (changed: Partial<Operator>) => void;
}

export const PageContext = createContext<PageSetting | null>(null);

export function usePage(): PageSetting & { may: (verb: Verb) => boolean } {
  const setting = useContext(PageContext);
  if (!setting) throw new Error("a page's part is used outside a page");
  return { ...setting, may: (verb) => mayDo(setting.operator, verb) };
}

/** Return whether the operator's role allows the verb. The server checks permissions with the same table. */
export const mayDo = (operator: Operator, verb: Verb): boolean => PERMISSIONS[operator.role].includes(verb);
