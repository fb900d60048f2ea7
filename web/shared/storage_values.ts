/** What the value of each item of storage.toml is. Types only: each reader brings the guard for what it reads. */
import type { PendingCommand } from "./message_outbox";
import type { ProofKey } from "./proof";
import type { StoredValue } from "./storage_keys";
import type { ConversationSummary, Operator } from "./wire";
import type { Entry, SeenMarks } from "./wire_timeline";
import type { Language } from "./words_choose";

/** What is kept of a chat. Without the key it is useless to anybody. */
export interface StoredChat {
  /** Empty until the first message was accepted; the key is kept before, so that a repeated start is the same start. */
  token: string;
  /** End of the session, ms since 1970; 0 until it has begun. */
  expiresAt: number;
  visitor: string;
  conversation: string;
  /** Name of the key in IndexedDB; null for a session without one. */
  keyId: string | null;
}

/** A session that an operator can have: always tied to a key. */
export interface KeyedSession {
  token: string;
  key: ProofKey;
}

/** A sign-in that continues at a provider. Without the key that began it, nobody can end it. */
export interface PendingSignIn {
  key: ProofKey;
  provider: string;
  /** What it is for; see web/desk/provider_visit.ts. */
  purpose: "sign-in" | "invitation" | "link" | "step-up";
  /** Where in the desk it began. */
  back: string;
}

export type Theme = "system" | "light" | "dark";
export type TextSize = "normal" | "large" | "larger";

/** The desk's list as it was last shown. `threads` names the kept threads, the one opened longest ago first. */
export interface StoredInbox {
  readonly operator: Operator;
  readonly position: number;
  readonly oldest: number;
  readonly more: boolean;
  readonly rows: readonly ConversationSummary[];
  readonly threads: readonly string[];
}

/** The newest entries of a thread, in seq order without a gap. */
export interface StoredThread {
  readonly entries: readonly Entry[];
  readonly more: boolean;
  readonly seen: SeenMarks;
}

/** An answer to the consent banner. No identifier for who refuses: only who has granted something has a receipt's number. */
export interface StoredConsentChoice {
  v: 1;
  /** The revision of the question that was answered. */
  rev: number;
  /** When it was given, ms since 1970. */
  t: number;
  c: { analytics: 0 | 1; marketing: 0 | 1 };
  /** What asked: the banner, its settings, or the page's own script. */
  src: string;
  /** It was given although the browser signalled a refusal (GPC, DNT). */
  sig?: 1;
  /** The receipt's number, until a refusal of all is on the server. */
  rid?: string;
  /** Not on the server yet: language and digest of the words that were shown, and a number by which a repeat is known. */
  due?: readonly [language: string, text: string, id: string];
}

/** The value of each item, by its name. */
export interface ItemValues {
  open: "open" | "minimised";
  chat: StoredChat;
  keep: StoredChat;
  draft: string;
  outbox: readonly PendingCommand[];
  key: ProofKey;
  tab: string;
  held: ReadonlyMap<string, StoredValue>;
  deskSession: KeyedSession;
  deskPending: PendingSignIn;
  deskDraft: string;
  deskOutbox: readonly PendingCommand[];
  theme: Theme;
  language: Language;
  textSize: TextSize;
  sound: boolean;
  notifications: boolean;
  deskLayout: Readonly<Record<string, string | boolean>>;
  /** Names of the collapsed panels. */
  deskPanels: readonly string[];
  /** Widths in CSS pixels, by the column's name. */
  deskWidths: Readonly<Record<string, number>>;
  deskList: Readonly<Record<string, string>>;
  deskInbox: StoredInbox;
  deskThread: StoredThread;
  consent: StoredConsentChoice;
}
