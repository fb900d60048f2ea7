import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { importPart } from "../../core/import_part";
import type { StoredDataViewProps } from "../../stored_data/stored_data_view";
import { useTranslations } from "../core/desk_context";
import { Failure } from "../core/failure_view";
import { DialogFrame } from "../ui/dialog";

interface Properties {
  readonly onClose: () => void;
}

const loadView = importPart(() => import("../../stored_data/stored_data_view"));

type View = (properties: StoredDataViewProps) => JSX.Element;

/** Every stored item of this browser, with a button to delete it. The contents are loaded when the dialog opens. */
export function StoredDataDialog({ onClose }: Properties) {
  const { words, language } = useTranslations();
  const { View, failed, load } = useView();
  return (
    <DialogFrame name="kept" title={words.kept} onClose={onClose}>
      {failed && <Failure text={words.olderFailed} onRetry={load} />}
      {View && (
        <View
          language={language}
          intro={(kept) => <p>{kept.deskPart({ host: location.host })}</p>}
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
    </DialogFrame>
  );
}

function useView() {
  const [View, setView] = useState<View | null>(null);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    loadView().then(
      (loaded) => setView(() => loaded.StoredDataView),
      () => setFailed(true),
    );
  };
  useEffect(load, []);
  return { View, failed, load };
}
