/** Computes the rows of a long list that are in the page. All have the same height. */

/** Rows outside the visible part, so that a fast scroll and the next key find them. */
const SPARE = 6;

export interface RowRange {
  readonly first: number;
  /** The row after the last one. */
  readonly end: number;
}

/** Return the rows for a scroll position. */
export function visibleRows(scrollTop: number, height: number, rowHeight: number, count: number): RowRange {
  const first = Math.floor(scrollTop / rowHeight) - SPARE;
  const end = Math.ceil((scrollTop + height) / rowHeight) + SPARE;
  return { first: Math.max(0, Math.min(first, count)), end: Math.max(0, Math.min(end, count)) };
}

/** Return the scroll position that shows a row, with the least movement. */
export function scrollTo(row: number, scrollTop: number, height: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}

/** Return the row that a key moves to, or undefined for another key. */
export function rowAfterKey(key: string, row: number, count: number, page: number): number | undefined {
  const target = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + page,
    PageUp: row - page,
    Home: 0,
    End: count - 1,
  }[key];
  return target === undefined ? undefined : Math.max(0, Math.min(target, count - 1));
}
