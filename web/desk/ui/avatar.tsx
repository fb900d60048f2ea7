/** Number of tints in desk.css. */
const TINTS = 6;

interface Properties {
  readonly name: string;
  /** The tint of a visitor without a name depends on the ID, so that such visitors can be distinguished. */
  readonly id: string;
}

/** A round mark with the first letter of the name, or a plain figure without one. It is decoration: the name is beside it. */
export function Avatar({ name, id }: Properties) {
  const letter = [...name.trim()][0];
  return (
    <span class={`avatar tint-${tintOf(id)}`} aria-hidden="true">
      {letter ? (
        letter.toUpperCase()
      ) : (
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="5.5" r="2.5" />
          <path d="M3 13.5c.5-2.8 2.5-4 5-4s4.5 1.2 5 4" />
        </svg>
      )}
    </span>
  );
}

function tintOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % TINTS;
}
