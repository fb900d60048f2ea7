import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useTranslations } from "../core/desk_context";
import { Failure } from "../core/failure_view";
import { DialogFrame } from "../ui/dialog";
import "./check_view.css";
import { importPart } from "../../core/import_part";

interface Properties {
  readonly onClose: () => void;
}

const loadView = importPart(() => import("./check_view"));

type View = FunctionComponent;

/** The connection check. Its code is loaded when the dialog opens. */
export function ConnectionCheckDialog({ onClose }: Properties) {
  const { words } = useTranslations();
  const [View, setView] = useState<View | null>(null);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    loadView().then(
      (loaded) => setView(() => loaded.ConnectionCheckView),
      () => setFailed(true),
    );
  };
  useEffect(load, []);
  return (
    <DialogFrame name="check" title={words.connectionCheck} onClose={onClose}>
      {failed && <Failure text={words.olderFailed} onRetry={load} />}
      {View && <View />}
    </DialogFrame>
  );
}
