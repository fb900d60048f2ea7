/** The screens of the menu, over the whole chat: a dialog whose contents are loaded when it is opened. */
import type { FrameTexts } from "texts:frame";
import type { ComponentType, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { importPart } from "../../core/import_part";
import type { Language } from "../../i18n/language";
import type { TextLoaders } from "../../i18n/texts_load";
import type { LayerName, LayerProps } from "./chat_layer";

/** The module of a screen: its contents, and the functions that load its texts. */
interface Screen<Texts> {
  default: ComponentType<LayerProps & { words: Texts }>;
  loaders: TextLoaders<Texts>;
}

type Contents = (props: LayerProps) => JSX.Element;

/** Return a function that loads a screen with its texts in a language. */
const screen =
  <Texts,>(load: () => Promise<Screen<Texts>>) =>
  async (language: Language): Promise<Contents> => {
    const { default: View, loaders } = await load();
    const { default: words } = await loaders[language]();
    return (props) => <View {...props} words={words} />;
  };

const loadYourData = importPart(() => import("./your_data_view"));

const layers: Record<LayerName, (language: Language) => Promise<Contents>> = {
  settings: screen(importPart(() => import("./settings_view"))),
  // Its list, which the policy page shows too, loads its own texts.
  yourData: async () => {
    const { default: View } = await loadYourData();
    return (props) => <View {...props} />;
  },
  sendTransfer: screen(importPart(() => import("./transfer_send_view"))),
  receiveTransfer: screen(importPart(() => import("./transfer_receive_view"))),
};

export interface ChatLayerProps {
  name: LayerName;
  words: FrameTexts;
  layerProps: LayerProps;
  onClose: () => void;
}

export function ChatLayer({ name, words, layerProps, onClose }: ChatLayerProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const { language } = layerProps;
  const [renderContents, setContents] = useState<Contents | null>(null);
  const [failed, setFailed] = useState(false);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    let current = true;
    setFailed(false);
    layers[name](language).then(
      // The state is a function, which a setter would call.
      (loaded) => current && setContents(() => loaded),
      () => current && setFailed(true),
    );
    return () => {
      current = false;
    };
  }, [name, language]);
  return (
    <dialog class="layer" ref={dialog} aria-labelledby="layer-title" onClose={onClose}>
      <div class="layer-head">
        <button type="button" class="chat-close" aria-label={words.back} onClick={() => dialog.current?.close()}>
          <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path
              d="m12 4-6 6 6 6"
              fill="none"
              stroke="currentColor"
              stroke-width="1.75"
              stroke-linecap="round"
              stroke-linejoin="round"
            />
          </svg>
        </button>
        <h2 id="layer-title">{words[name]}</h2>
      </div>
      <div class="layer-body">
        {failed && (
          <p class="chat-notice" role="alert">
            {words.partFailed}
          </p>
        )}
        {renderContents?.(layerProps)}
      </div>
    </dialog>
  );
}
