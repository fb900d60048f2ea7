/** What the server fills into consent.js, the same for every visitor of the site (src/crumbless/domain/consent_ask.py makes it). */

export const CATEGORIES = ["analytics", "marketing"] as const;
export type Category = (typeof CATEGORIES)[number];

/** Whether each optional category may run. */
export type Grants = Record<Category, boolean>;

/** One thing a service keeps: where, under which key, for how many seconds at most, what for; a foreign host, if any. */
export type Row = readonly [mechanism: string, key: string, seconds: number, purpose: string, domain?: string];

export interface Service {
  name: string;
  title: string;
  category: Category;
  /** The vendor's privacy policy. */
  privacy: string;
  rows: readonly Row[];
}

export interface ConsentWords {
  title: string;
  /** `#`: the services' names. */
  ask: string;
  accept: string;
  reject: string;
  choose: string;
  save: string;
  close: string;
  open: string;
  policy: string;
  intro: string;
  necessary: string;
  necessaryText: string;
  always: string;
  analytics: string;
  analyticsText: string;
  marketing: string;
  marketingText: string;
  /** `#`: the service's name. */
  keeps: string;
  privacy: string;
  /** `#`: a length of time. */
  longest: string;
  signal: string;
  blocked: string;
}

/** What is said in one language. `text` is a digest of all of it, for the receipt. */
export interface Said {
  language: string;
  text: string;
  words: ConsentWords;
  services: readonly Service[];
}

export interface ConsentConfig {
  site: string;
  /** Rises when a vendor or purpose is added: an answer to an older question is none. */
  revision: number;
  /** Where the chat's button stands; ours stands on the other side. */
  side: "left" | "right";
  /** The languages there are beside that of `said`. */
  languages: readonly string[];
  said: Said;
}

/** The categories that the site uses. */
export const categoriesOf = (services: readonly Service[]): Category[] =>
  CATEGORIES.filter((one) => services.some(({ category }) => category === one));

export const NOTHING: Grants = { analytics: false, marketing: false };
