/** What the server fills into consent.js, the same for every visitor of the site (src/crumbless/domain/consent_ask.py makes it). */

import type { ConsentTexts } from "texts:consent";

export type Category = "analytics" | "marketing";

/** Whether each optional category may run. */
export type Grants = Record<Category, boolean>;

/** One thing a service keeps: where, under which key, how long at most in words, what for; a foreign host, if any. */
export type Row = readonly [mechanism: string, key: string, longest: string, purpose: string, domain?: string];

export interface Service {
  name: string;
  title: string;
  category: Category;
  /** The vendor's privacy policy. */
  privacy: string;
  rows: readonly Row[];
}

/** What is said in one language. `text` is a digest of all of it, for the receipt. */
export interface Said {
  language: string;
  direction: string;
  text: string;
  words: ConsentTexts;
  /** Those that the site uses. */
  categories: readonly Category[];
  services: readonly Service[];
}

export interface ConsentConfig {
  site: string;
  /** The public address of this Crumbless. The page does not choose it: its mark-up could name another one. */
  origin: string;
  /** Rises when a vendor or purpose is added: an answer to an older question is none. */
  revision: number;
  /** Where the chat's button stands; ours stands on the other side. */
  side: "left" | "right";
  /** The languages there are beside that of `said`. */
  languages: readonly string[];
  said: Said;
}

/** Return what `pick` gives for each optional category. */
export const forEach = <Value>(pick: (one: Category) => Value): Record<Category, Value> => ({
  analytics: pick("analytics"),
  marketing: pick("marketing"),
});

export const NOTHING: Grants = forEach(() => false);
