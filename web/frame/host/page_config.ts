/** The configuration that the server puts into the page. */

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
  /** Days for which a chat is stored on the device once the visitor ticks the box. */
  keepDays: number;
  /** Whether the server relays events of chats with consent to vendors, so that the page has to be asked for the consent. */
  relays: boolean;
}

/** Read `<meta name="crumbless">`. Throws if the page has none, which only a bug in Crumbless can cause. */
export function readConfig(page: Document): PageConfig {
  const meta = page.querySelector<HTMLMetaElement>('meta[name="crumbless"]');
  if (!meta) throw new Error("the page has no crumbless configuration");
  return JSON.parse(meta.content) as PageConfig;
}
