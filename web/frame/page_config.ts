/** What the server put into the page. */

export interface PageConfig {
  /** Public site key. */
  site: string;
  /** The site's name, for the header. */
  name: string;
  /** Origins that may embed this chat. */
  origins: string[];
  /** The first DPoP nonce. */
  nonce: string;
  publicUrl: string;
  /** Days a chat is kept on the device once the visitor ticks the box. */
  keepDays: number;
  /** Whether the server tells vendors of chats under a consent, so that the page is to be asked for one. */
  relays: boolean;
}

/** Reads `<meta name="crumbless">`; throws when the page has none, which only a bug in Crumbless can cause. */
export function readConfig(page: Document): PageConfig {
  const meta = page.querySelector<HTMLMetaElement>('meta[name="crumbless"]');
  if (!meta) throw new Error("the page has no crumbless configuration");
  return JSON.parse(meta.content) as PageConfig;
}
