import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { KeptViewProps } from "../shared/kept_view";
import { useSpeech } from "./desk_context";
import { Failure } from "./failure_view";
import "./settings_view.css";

interface Properties {
  readonly onClose: () => void;
}

type View = (properties: KeptViewProps) => JSX.Element;

/** Everything that is kept in this browser, with a way to delete each; what is shown in it is loaded only now. */
export function KeptDialog({ onClose }: Properties) {
  const { words, language } = useSpeech();
  const dialog = useRef<HTMLDialogElement>(null);
  const { View, failed, load } = useView();
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="settings kept-dialog" aria-labelledby="kept-heading" onClose={onClose}>
      <div class="settings-header">
        <h2 id="kept-heading">{words.kept}</h2>
        <button type="button" class="icon-button tool-button" onClick={() => dialog.current?.close()}>
          <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M4 4l8 8M12 4l-8 8" />
          </svg>
          <span class="hidden">{words.close}</span>
        </button>
      </div>
      {failed && <Failure text={words.olderFailed} onRetry={load} />}
      {View && (
        <View
          language={language}
          intro={(kept) => <p>{kept.deskPart(location.host)}</p>}
          outro={(kept) => (
            <p>
              {kept.deskLead}{" "}
              <a href={`/policy?lang=${language}#kept`} target="_blank" rel="noopener">
                {kept.deskMore}
              </a>
            </p>
          )}
        />
      )}
    </dialog>
  );
}

function useView() {
  const [View, setView] = useState<View | null>(null);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    import("../shared/kept_view").then(
      (loaded) => setView(() => loaded.KeptView),
      () => setFailed(true),
    );
  };
  useEffect(load, []);
  return { View, failed, load };
}
