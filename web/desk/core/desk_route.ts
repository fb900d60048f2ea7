// The route of the desk. It is in the fragment, so that reloading and the Back button work and it never reaches a server's log.

/** Return the conversation in a fragment (`#/c/ID`), or null for the list alone. A value that is not an ID is ignored. */
export function readRoute(fragment: string): string | null {
  return /^#\/c\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(fragment)?.[1] ?? null;
}

/** Return the fragment of a conversation, or of the list alone. */
export function writeRoute(conversation: string | null): string {
  return conversation ? `#/c/${conversation}` : "#/";
}

/** The desk's settings pages. */
export const PAGES = [
  "profile",
  "security",
  "people",
  "sites",
  "workspace",
  "bans",
  "server",
  "retention",
  "requests",
  "audit",
] as const;
export type PageName = (typeof PAGES)[number];

/** A page, and the item on it: the key of a site. */
export interface PagePlace {
  readonly page: PageName;
  readonly item: string | null;
}

/** Return the page in a fragment (`#/settings/PAGE` or `#/settings/PAGE/ITEM`), or null. */
export function readPage(fragment: string): PagePlace | null {
  const [, name, item] = /^#\/settings\/([a-z]+)(?:\/([A-Za-z0-9_-]{1,64}))?$/.exec(fragment) ?? [];
  const page = PAGES.find((known) => known === name);
  return page ? { page, item: item ?? null } : null;
}

export function writePage(page: PageName, item: string | null = null): string {
  return `#/settings/${page}${item === null ? "" : `/${item}`}`;
}

/** The purpose and secret of a link in an email or of the console. */
export interface EntryLink {
  readonly kind: "setup" | "invite" | "reset" | "email";
  readonly secret: string;
}

/** Return the link in a fragment (`#invite=SECRET`), or null. */
export function readEntryLink(fragment: string): EntryLink | null {
  const [, kind, secret] = /^#(setup|invite|reset|email)=([A-Za-z0-9_-]{16,200})$/.exec(fragment) ?? [];
  return kind && secret ? { kind: kind as EntryLink["kind"], secret } : null;
}
