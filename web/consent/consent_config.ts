/**
 * The configuration that the server inserts into consent.js, the same for every visitor of the site
 * (src/crumbless/consent/consent_ask.py makes it).
 */

import type { ConsentTexts } from "texts:consent";

export type Category = "analytics" | "marketing";

/** Whether each optional category may run. */
export type Grants = Record<Category, boolean>;

/** One item that a service stores: mechanism, key, longest lifetime as text, purpose, and a foreign host, if any. */
export type Row = readonly [mechanism: string, key: string, longest: string, purpose: string, domain?: string];

export interface Service {
  name: string;
  title: string;
  category: Category;
  /** The vendor's privacy policy. */
  privacy: string;
  rows: readonly Row[];
}

/** The texts in one language. `text` is a digest of all of them, for the receipt. */
export interface Said {
  language: string;
  direction: string;
  text: string;
  words: ConsentTexts;
  /** The categories that the site uses. */
  categories: readonly Category[];
  services: readonly Service[];
}

export interface ConsentConfig {
  site: string;
  /** The public address of this server. The page does not choose it: its mark-up could name another one. */
  origin: string;
  /** Increases when a vendor or purpose is added. An answer to an older revision does not count. */
  revision: number;
  /** The side of the chat's button; ours is on the other side. */
  side: "left" | "right";
  /** The available languages besides that of `said`. */
  languages: readonly string[];
  said: Said;
}

/** Return the result of `pick` for each optional category. */
export const forEach = <Value>(pick: (category: Category) => Value): Record<Category, Value> => ({
  analytics: pick("analytics"),
  marketing: pick("marketing"),
});

export const NOTHING: Grants = forEach(() => false);
