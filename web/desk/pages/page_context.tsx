/** Shared values of every page: its texts, the operator, and the API. */
import type { DeskPagesTexts } from "texts:desk_pages";
import loaders from "texts:desk_pages/lazy";
import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { PERMISSIONS, type Verb } from "../../shared/permissions";
import type { Operator } from "../../shared/wire";
import { chooseLanguage } from "../../shared/words_choose";
import type { DeskApi } from "../desk_call";
import { useTranslations } from "../desk_context";
import { Failure } from "../failure_view";

const WordsContext = createContext<DeskPagesTexts | null>(null);

export function usePageWords(): DeskPagesTexts {
  const words = useContext(WordsContext);
  if (!words) throw new Error("the page's texts are used before they are loaded");
  return words;
}

/** Shows its children when the texts of the language are loaded. */
export function WithPageWords({ children }: { readonly children: ComponentChildren }) {
  const { words, language } = useTranslations();
  const spoken = chooseLanguage(language).language;
  const [loaded, setLoaded] = useState<DeskPagesTexts | null>(null);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    loaders[spoken]().then(
      ({ default: texts }) => setLoaded(texts),
      () => setFailed(true),
    );
  };
  useEffect(load, [spoken]);
  if (failed) return <Failure text={words.pageFailed} onRetry={load} />;
  if (!loaded) {
    return (
      <p class="page-loading" role="status">
        {words.loading}
      </p>
    );
  }
  return <WordsContext.Provider value={loaded}>{children}</WordsContext.Provider>;
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
