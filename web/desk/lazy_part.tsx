import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
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
