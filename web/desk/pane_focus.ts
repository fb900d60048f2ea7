/** Where the focus goes when the desk changes panes. */

/** Below this width one pane is shown at a time; desk.css says the same. */
const ONE_PANE = "(max-width: 720px)";

export function isNarrow(): boolean {
  return matchMedia(ONE_PANE).matches;
}

/** Puts the focus on a conversation's row, or on the list's heading when the row is not listed. */
export function focusRow(id: string): void {
  (document.getElementById(`row-${id}`) ?? document.getElementById("inbox-heading"))?.focus();
}
