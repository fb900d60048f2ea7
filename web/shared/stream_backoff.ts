/** How long to wait before the next try. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * Full jitter: anywhere between 0 and a bound that doubles from 0.5 s to 30 s, so that many clients of a server that came
 * back do not come back together.
 *
 * @param attempt failed tries so far, from 0
 * @returns milliseconds
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
}

/** Calls `act` when trying again is likely to succeed: the browser is online again, or the tab is shown. Returns the undo. */
export function onReconnectHint(act: () => void): () => void {
  const shown = () => {
    if (document.visibilityState === "visible") act();
  };
  addEventListener("online", act);
  document.addEventListener("visibilitychange", shown);
  return () => {
    removeEventListener("online", act);
    document.removeEventListener("visibilitychange", shown);
  };
}
