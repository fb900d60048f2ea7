/** The colours of labels and of pictures without a photo: tokens `--hue-NAME`, classes `hue-NAME`. */
export const HUES = ["rose", "orange", "amber", "green", "teal", "blue", "violet", "slate"] as const;

export type Hue = (typeof HUES)[number];

/** Return a number for an ID, always the same one, below `count`. */
export function numberOf(id: string, count: number): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % count;
}
