/**
 * Return the index of the next label after `from` that begins with the typed text, or -1. The same letter several times goes
 * through all labels that begin with it.
 */
export function findTyped(typed: string, labels: readonly string[], from: number): number {
  const letters = [...typed.toLocaleLowerCase()];
  const same = letters.every((letter) => letter === letters[0]);
  const wanted = same ? (letters[0] ?? "") : letters.join("");
  // A longer text may still fit the present label. A single letter moves on.
  const first = same ? from + 1 : Math.max(from, 0);
  for (let step = 0; step < labels.length; step++) {
    const index = (first + step) % labels.length;
    if (labels[index]?.toLocaleLowerCase().startsWith(wanted)) return index;
  }
  return -1;
}
