import { useRef } from "preact/hooks";
import { useTranslations } from "../core/desk_context";
import { clampWidth, type DeskArrangement, LIST_WIDTH } from "../state/layout_preferences";

/** The step of an arrow key, in CSS pixels. */
const STEP = 16;

interface Properties {
  readonly arrangement: DeskArrangement;
}

/**
 * The edge of the list. It can be dragged or moved by arrow keys; a double click resets it. The width is stored at the end of a
 * drag.
 */
export function ListSplitter({ arrangement }: Properties) {
  const { words } = useTranslations();
  const edge = useRef<HTMLDivElement>(null);
  const list = () => edge.current?.parentElement?.getBoundingClientRect() ?? new DOMRect();
  const isRightToLeft = () => document.documentElement.dir === "rtl";
  const widthAt = (x: number) => clampWidth(isRightToLeft() ? list().right - x : x - list().left);
  const now = arrangement.listWidth.value;

  const move = (event: PointerEvent) => {
    if (edge.current?.hasPointerCapture(event.pointerId)) arrangement.listWidth.value = widthAt(event.clientX);
  };
  const letGo = (event: PointerEvent) => {
    if (!edge.current?.hasPointerCapture(event.pointerId)) return;
    edge.current.releasePointerCapture(event.pointerId);
    arrangement.setListWidth(arrangement.listWidth.peek());
  };
  const press = (event: KeyboardEvent) => {
    const wider = isRightToLeft() ? "ArrowLeft" : "ArrowRight";
    const narrower = isRightToLeft() ? "ArrowRight" : "ArrowLeft";
    const widths: Record<string, number> = {
      [wider]: list().width + STEP,
      [narrower]: list().width - STEP,
      Home: LIST_WIDTH.least,
      End: LIST_WIDTH.most,
    };
    const width = widths[event.key];
    if (width === undefined) return;
    event.preventDefault();
    arrangement.setListWidth(width);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a line between panes that moves is no <hr>.
    <div
      ref={edge}
      class="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={words.listWidth}
      aria-valuenow={now ?? DEFAULT_WIDTH}
      aria-valuemin={LIST_WIDTH.least}
      aria-valuemax={LIST_WIDTH.most}
      tabIndex={0}
      onPointerDown={(event) => edge.current?.setPointerCapture(event.pointerId)}
      onPointerMove={move}
      onPointerUp={letGo}
      onPointerCancel={letGo}
      onDblClick={() => arrangement.setListWidth(null)}
      onKeyDown={press}
    />
  );
}

/** The list's width in a wide window in desk.css, in CSS pixels. */
const DEFAULT_WIDTH = 352;
