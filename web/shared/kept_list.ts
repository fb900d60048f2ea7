/** What is kept in this browser now, as rows that people understand: the store's list with the registry's texts. */
import * as storage from "./storage";

/** What /storage.json says of one item. */
export interface Description {
  contains: string;
  purpose: string;
}
export type Descriptions = ReadonlyMap<string, Description>;

export interface StoredDataRow {
  stored: storage.Stored;
  /** Where it stands; "page": the website around the chat keeps it for the tab. */
  where: storage.Stored["where"] | "page";
  /** Absent when the server could not be asked. */
  description: Description | undefined;
  /** Whether it holds a key, which no script can read. */
  isKey: boolean;
}

/** The rows of everything that stands here now, by key. */
export async function readRows(descriptions: Descriptions): Promise<StoredDataRow[]> {
  const found = await storage.list();
  return found
    .sort((one, other) => one.key.localeCompare(other.key))
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

/** The descriptions in an answer of /storage.json; what is not of its form is passed over. */
export function readDescriptions(answer: unknown): Descriptions {
  const descriptions = new Map<string, Description>();
  const { disclosures } = record(answer);
  for (const one of Array.isArray(disclosures) ? disclosures : []) {
    const { name, contains, purpose } = record(record(one)["x-crumbless"]);
    if (typeof name !== "string" || typeof contains !== "string" || typeof purpose !== "string") continue;
    descriptions.set(name, { contains, purpose });
  }
  return descriptions;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** Asks the server what the items are, in a language. Empty when it cannot be asked: the panel then shows the names. */
export async function fetchDescriptions(address: string): Promise<Descriptions> {
  try {
    const answer = await fetch(address, { credentials: "omit", signal: AbortSignal.timeout(8_000) });
    return readDescriptions(answer.ok ? await answer.json() : null);
  } catch {
    return new Map();
  }
}

/** The rows as a JSON document for their person. Times are ISO 8601, sizes bytes; a key is described, for it cannot be read. */
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

/** Hands a JSON document over as a file. */
export function downloadJson(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The download has its own hold on the data once it has begun.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
