/** Rows that describe the items stored in this browser now: the list of the store with the registry's texts. */
import * as storage from "../storage/storage";

/** The description of one item in /storage.json. */
export interface Description {
  contains: string;
  purpose: string;
}
export type Descriptions = ReadonlyMap<string, Description>;

export interface StoredDataRow {
  stored: storage.Stored;
  /** Where the item is stored. "page": the website around the chat stores it for the tab. */
  where: storage.Stored["where"] | "page";
  /** Absent if the server could not be reached. */
  description: Description | undefined;
  /** Whether the value contains a key, which no script can read. */
  isKey: boolean;
}

/** Return a row for every stored item, sorted by key. */
export async function readRows(descriptions: Descriptions): Promise<StoredDataRow[]> {
  const found = await storage.list();
  return found
    .sort((item, other) => item.key.localeCompare(other.key))
    .map((stored) => ({
      stored,
      where: stored.where === "memory" && storage.isMirrored() ? "page" : stored.where,
      description: descriptions.get(stored.name),
      isKey: holdsKey(stored.value),
    }));
}

/** The store describes a key by its kind: `{ cryptoKey: "private", … }`. */
function holdsKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "cryptoKey" in value || Object.values(value).some(holdsKey);
}

/** Return the descriptions in a response of /storage.json. Entries of another form are skipped. */
export function readDescriptions(answer: unknown): Descriptions {
  const descriptions = new Map<string, Description>();
  const { disclosures } = record(answer);
  for (const disclosure of Array.isArray(disclosures) ? disclosures : []) {
    const { name, contains, purpose } = record(record(disclosure)["x-crumbless"]);
    if (typeof name !== "string" || typeof contains !== "string" || typeof purpose !== "string") continue;
    descriptions.set(name, { contains, purpose });
  }
  return descriptions;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** Request the descriptions in a language. The result is empty if the request fails: the panel then shows the names. */
export async function fetchDescriptions(address: string): Promise<Descriptions> {
  try {
    const answer = await fetch(address, { credentials: "omit", signal: AbortSignal.timeout(8_000) });
    return readDescriptions(answer.ok ? await answer.json() : null);
  } catch {
    return new Map();
  }
}

/**
 * Return the rows as a JSON document for the visitor. Times are ISO 8601 and sizes are bytes. A key is described because it
 * cannot be read.
 */
export function exportRows(rows: readonly StoredDataRow[], origin: string, now: number): string {
  const items = rows.map(({ stored: { key, size, since, until, value }, where, description, isKey }) => ({
    key,
    where,
    ...description,
    bytes: size,
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    ...(isKey && { note: "holds a key that cannot be exported" }),
    value,
  }));
  return JSON.stringify({ origin, exported: new Date(now).toISOString(), items }, null, 2);
}

/** Download a JSON document as a file. */
export function downloadJson(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has read the data once the download has begun.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
