/** The type of each value of storage.toml. There are only types here: each reader brings the guard for its values. */

import type { ProofKey } from "../core/dpop";
import type { Language } from "../i18n/language";
import type { PendingCommand } from "../messages/pending_command";
import type { ConversationSummary, Operator } from "../wire/frames";
import type { Entry, SeenMarks } from "../wire/timeline";

/** A value with its expiry. */
export interface StoredValue {
  v: unknown;
  /** ms since 1970. */
  until: number;
  /** When it was written, ms since 1970. */
  at?: number;
  /** The version of the value's form, if it is not the first: the `version` of storage.toml. */
  n?: number;
}

/** The stored part of a chat. It is useless without the key. */
export interface StoredChat {
  /** Empty until the first message was accepted. The key is stored before, so that a repeated start is the same start. */
  token: string;
  /** Expiry of the session, ms since 1970; 0 until it has begun. */
  expiresAt: number;
  visitor: string;
  conversation: string;
  /** Name of the key in IndexedDB; null for a session without a key. */
  keyId: string | null;
}

/** A session of an operator: always bound to a key. */
export interface KeyedSession {
  token: string;
  key: ProofKey;
}

/** A sign-in that continues at a provider. Only the key that began it can finish it. */
export interface PendingSignIn {
  key: ProofKey;
  provider: string;
  /** The purpose; see web/desk/sign_in/oidc_redirect.ts. */
  purpose: "sign-in" | "invitation" | "link" | "step-up";
  /** The route in the desk where it began. */
  back: string;
}

export type Theme = "system" | "light" | "dark";
export type TextSize = "normal" | "large" | "larger";

/**
 * The list of the desk as it was last shown. `threads` names the stored threads; the one that was opened longest ago is first.
 */
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

/** A choice in the consent banner. A refusal has no identifier: only a visitor who has granted something has a receipt ID. */
export interface StoredConsentChoice {
  v: 1;
  /** The revision of the question that was answered. */
  rev: number;
  /** Time of the choice, ms since 1970. */
  t: number;
  c: { analytics: 0 | 1; marketing: 0 | 1 };
  /** The source of the choice: the banner, its settings, or the page's own script. */
  src: string;
  /** Consent was given although the browser signalled a refusal (GPC, DNT). */
  sig?: 1;
  /** The receipt ID, until a complete refusal is on the server. */
  rid?: string;
  /** Not on the server yet: language and digest of the displayed texts, and an ID that identifies a repeat. */
  due?: readonly [language: string, text: string, id: string];
}

/** The type of each item's value, by the item's name. */
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
