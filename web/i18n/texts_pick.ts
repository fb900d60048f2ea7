/**
 * A surface's texts by language, or the functions that load them. The catalogue's tables have no prototype, so that a tag finds
 * only entries.
 */
type Table<Texts> = Readonly<Record<string, Texts>> & { readonly en: Texts };

/** Return the entry for a BCP 47 tag such as `de-AT`; the English one if the table does not have the language. */
export const pickTexts = <Texts>(table: Table<Texts>, tag: string): Texts =>
  table[tag.toLowerCase().split(/[-_]/)[0] ?? ""] ?? table.en;
