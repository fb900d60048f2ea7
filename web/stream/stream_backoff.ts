/** How long to wait before the next attempt. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * Full jitter: a random wait between 0 and a bound that doubles from 0.5 s to 30 s. It spreads the clients of a server that has
 * returned.
 *
 * @param attempt failed attempts so far, from 0
 * @returns milliseconds
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
}

/**
 * Call `attempt` when it is likely to succeed: the browser is online again, or the tab is shown. Returns a function that ends
 * this.
 */
export function onReconnectHint(attempt: () => void): () => void {
  const shown = () => {
    if (document.visibilityState === "visible") attempt();
  };
  addEventListener("online", attempt);
  document.addEventListener("visibilitychange", shown);
  return () => {
    removeEventListener("online", attempt);
    document.removeEventListener("visibilitychange", shown);
  };
}
