// The address of what is shown. It stands in the fragment: reload and Back work, and it never reaches a server's log.

/** The conversation that a fragment names (`#/c/ID`), or null for the list alone. Anything but an id is no address. */
export function readRoute(fragment: string): string | null {
  return /^#\/c\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(fragment)?.[1] ?? null;
}

/** The fragment of a conversation, or of the list alone. */
export function writeRoute(conversation: string | null): string {
  return conversation ? `#/c/${conversation}` : "#/";
}
