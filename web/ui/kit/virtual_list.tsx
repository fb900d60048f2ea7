import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import "./data.css";
import { rowAfterKey, scrollTo, visibleRows } from "./virtual_rows";

/** Properties of the one element of a row that takes the focus, a link or a button. */
export interface RowFocus {
  readonly tabIndex: 0 | -1;
  readonly "data-row": number;
}

interface Properties {
  /** The name for screen readers. */
  readonly label: string;
  readonly count: number;
  /** Pixels. The style sheet of the row has to agree. */
  readonly rowHeight: number;
  readonly keyOf: (row: number) => string;
  readonly row: (row: number, focus: RowFocus) => ComponentChildren;
}

/**
 * A list whose rows are in the page only while they are visible, so that 100,000 rows cost as little as 20. One row is reached by
 * Tab, the others by the arrow keys, Page Up and Down, Home and End.
 */
export function VirtualList({ label, count, rowHeight, keyOf, row }: Properties) {
  const scroller = useRef<HTMLDivElement>(null);
  const wanted = useRef(-1);
  const [place, setPlace] = useState({ top: 0, height: 0 });
  const [chosen, setChosen] = useState(0);
  const current = Math.min(chosen, Math.max(0, count - 1));
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => {
      const { scrollTop: top, clientHeight: height } = element;
      setPlace((before) => (before.top === top && before.height === height ? before : { top, height }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, []);
  // The row of the last key may have entered the page only now.
  useLayoutEffect(() => {
    if (wanted.current < 0) return;
    const target = scroller.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"]`);
    if (!target) return;
    wanted.current = -1;
    target.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const element = scroller.current;
    if (!element || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(element.clientHeight / rowHeight) - 1);
    const next = rowAfterKey(event.key, current, count, page);
    if (next === undefined) return;
    event.preventDefault();
    wanted.current = next;
    element.scrollTop = scrollTo(next, element.scrollTop, element.clientHeight, rowHeight);
    setChosen(next);
    setPlace({ top: element.scrollTop, height: element.clientHeight });
  };
  const onFocusIn = (event: FocusEvent) => {
    const focused = (event.target as HTMLElement).closest<HTMLElement>("[data-row]");
    if (focused) setChosen(Number(focused.dataset.row));
  };
  const { first, end } = visibleRows(place.top, place.height, rowHeight, count);
  // The row that Tab reaches stays in the page, wherever the list is scrolled to: the focus would be lost with it.
  const rows = Array.from({ length: end - first }, (_, index) => first + index);
  if (count > 0 && !rows.includes(current)) rows.push(current);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys and the focus come from the links in the rows.
    <div class="virtual" tabIndex={-1} ref={scroller} onKeyDown={onKeyDown} onFocusIn={onFocusIn}>
      <ul class="virtual-rows" aria-label={label} style={{ blockSize: `${count * rowHeight}px` }}>
        {rows
          .sort((a, b) => a - b)
          .map((index) => (
            <li
              key={keyOf(index)}
              aria-setsize={count}
              aria-posinset={index + 1}
              style={{ insetBlockStart: `${index * rowHeight}px`, blockSize: `${rowHeight}px` }}
            >
              {row(index, { tabIndex: index === current ? 0 : -1, "data-row": index })}
            </li>
          ))}
      </ul>
    </div>
  );
}
