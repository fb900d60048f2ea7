/** Moves the focus when the desk changes panes. */

/** Below this width one pane is shown at a time; desk.css has the same value. */
const ONE_PANE = "(max-width: 720px)";

export function isNarrow(): boolean {
  return matchMedia(ONE_PANE).matches;
}

/** Move the focus to a conversation's row, or to the list's heading if the row is not listed. */
export function focusRow(id: string): void {
  (document.getElementById(`row-${id}`) ?? document.getElementById("inbox-heading"))?.focus();
}
