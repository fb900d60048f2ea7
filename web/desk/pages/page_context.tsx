/** What every page needs and none decides: its words, who is signed in, and the way to the server. */
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
  if (!words) throw new Error("the page's words are used before they are loaded");
  return words;
}

/** Shows its children as soon as the words of the language are there. */
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
  /** Who is signed in; pages are shown only once it is known. */
  readonly operator: Operator;
  /** Tells the desk what has changed of the operator. */
  readonly onOperator: (changed: Partial<Operator>) => void;
}

export const PageContext = createContext<PageSetting | null>(null);

export function usePage(): PageSetting & { may: (verb: Verb) => boolean } {
  const setting = useContext(PageContext);
  if (!setting) throw new Error("a page's part is used outside of a page");
  return { ...setting, may: (verb) => mayDo(setting.operator, verb) };
}

/** Whether the operator's role allows the verb; the server decides by the same table. */
export const mayDo = (operator: Operator, verb: Verb): boolean => PERMISSIONS[operator.role].includes(verb);
