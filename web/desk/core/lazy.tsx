import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { TextLoaders } from "../../i18n/texts_load";
import { pickTexts } from "../../i18n/texts_pick";
import { useTranslations } from "./desk_context";
import { Failure } from "./failure_view";

interface Properties<Given extends object> {
  /** Loads the part. The same part must have the same function. */
  readonly load: () => Promise<ComponentType<Given>>;
  /** The part's properties. */
  readonly properties: Given;
}

/** A part of the desk that is loaded when it is first shown. */
export function LazyPart<Given extends object>({ load, properties }: Properties<Given>) {
  const { words } = useTranslations();
  const [part, setPart] = useState<{ of: unknown; Part: ComponentType<Given> | null }>({ of: null, Part: null });
  const begin = () => {
    setPart({ of: null, Part: null });
    load().then(
      (Part) => setPart({ of: load, Part }),
      () => setPart({ of: load, Part: null }),
    );
  };
  useEffect(begin, [load]);
  if (part.of !== load) {
    return (
      <p class="page-loading" role="status">
        {words.loading}
      </p>
    );
  }
  if (!part.Part) return <Failure text={words.pageFailed} onRetry={begin} />;
  return <part.Part {...properties} />;
}

interface TextsProperties<Texts> {
  readonly loaders: TextLoaders<Texts>;
  readonly children: (texts: Texts) => ComponentChildren;
}

/** Shows its children when the texts of the operator's language are loaded. */
export function LazyTexts<Texts>({ loaders, children }: TextsProperties<Texts>) {
  const { words, language } = useTranslations();
  const loadTexts = pickTexts(loaders, language);
  const [loaded, setLoaded] = useState<{ texts: Texts } | null>(null);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    loadTexts().then(
      ({ default: texts }) => setLoaded({ texts }),
      () => setFailed(true),
    );
  };
  useEffect(load, [loadTexts]);
  if (failed) return <Failure text={words.pageFailed} onRetry={load} />;
  if (loaded) return <>{children(loaded.texts)}</>;
  return (
    <p class="page-loading" role="status">
      {words.loading}
    </p>
  );
}
