// The address of what is shown. It stands in the fragment: reload and Back work, and it never reaches a server's log.

/** The conversation that a fragment names (`#/c/ID`), or null for the list alone. Anything but an id is no address. */
export function readRoute(fragment: string): string | null {
  return /^#\/c\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(fragment)?.[1] ?? null;
}

/** The fragment of a conversation, or of the list alone. */
export function writeRoute(conversation: string | null): string {
  return conversation ? `#/c/${conversation}` : "#/";
}

/** The desk's pages, beside its conversations. */
export const PAGES = ["profile", "security", "people", "sites", "workspace", "bans", "audit"] as const;
export type PageName = (typeof PAGES)[number];

/** A page, and what on it: the key of a site. */
export interface PagePlace {
  readonly page: PageName;
  readonly item: string | null;
}

/** The page that a fragment names (`#/settings/PAGE` or `#/settings/PAGE/ITEM`), or null for none. */
export function readPage(fragment: string): PagePlace | null {
  const [, name, item] = /^#\/settings\/([a-z]+)(?:\/([A-Za-z0-9_-]{1,64}))?$/.exec(fragment) ?? [];
  const page = PAGES.find((one) => one === name);
  return page ? { page, item: item ?? null } : null;
}

export function writePage(page: PageName, item: string | null = null): string {
  return `#/settings/${page}${item === null ? "" : `/${item}`}`;
}

/** What a link of an email, or of the console, is for. */
export interface EntryLink {
  readonly kind: "setup" | "invite" | "reset" | "email";
  readonly secret: string;
}

/** The link that a fragment is (`#invite=SECRET`), or null for none. */
export function readEntryLink(fragment: string): EntryLink | null {
  const [, kind, secret] = /^#(setup|invite|reset|email)=([A-Za-z0-9_-]{16,200})$/.exec(fragment) ?? [];
  return kind && secret ? { kind: kind as EntryLink["kind"], secret } : null;
}
