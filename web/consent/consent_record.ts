/**
 * This browser's answer, under the one key that the registry defines. The format and rules are those of web/storage/storage.ts,
 * which is too large for every page of a site. A value that we would not write exactly so is no answer.
 */
import { MINUTE_MS } from "../core/time_units";
import { consentKey, consentLifetime } from "../storage/storage_registry";
import type { StoredConsentChoice } from "../storage/storage_values";

export type Source = "banner" | "settings" | "api" | "external";

export type ConsentAnswer = StoredConsentChoice & { src: Source };

/** Largest accepted difference between the clocks of two pages, ms. */
const CLOCK_SLACK = MINUTE_MS;

const keyOf = (site: string) => consentKey.replace("{site}", site);

type Check = (value: unknown) => boolean;
const isOne: Check = (value) => value === 1;
const isBit: Check = (value) => value === 0 || isOne(value);
const isText: Check = (value) => typeof value === "string" && /^[\w-]{0,64}$/.test(value);
const isTime: Check = (value) => Number.isSafeInteger(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/**
 * Return whether `value` is an object with exactly these fields. Throws TypeError for null and undefined, which have no fields.
 */
const isShaped = (value: unknown, shape: Record<string, Check>): boolean =>
  Object.keys(value as object).every((name) => Object.hasOwn(shape, name)) &&
  Object.entries(shape).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const isAnswer: Check = (value) =>
  isShaped(value, {
    v: isOne,
    rev: isTime,
    t: isTime,
    c: (grants) => isShaped(grants, { analytics: isBit, marketing: isBit }),
    src: (value) => ["banner", "settings", "api"].includes(value as string),
    sig: optional(isOne),
    rid: optional(isText),
    due: optional((value) => Array.isArray(value) && value.length === 3 && value.every(isText)),
  });

/** Return whether any category is granted. */
export const grantsAny = ({ c }: ConsentAnswer): boolean => !!(c.analytics || c.marketing);

const isTrue = ({ v: answer, until }: { v: ConsentAnswer; until: number }, now: number): boolean =>
  until > now &&
  until <= answer.t + consentLifetime &&
  answer.t <= now + CLOCK_SLACK &&
  // A receipt belongs to a grant, or to a withdrawal that the server does not have yet.
  (!answer.rid || grantsAny(answer) || !!answer.due);

function dropAnswer(site: string): void {
  try {
    localStorage.removeItem(keyOf(site));
  } catch {
    // Blocked.
  }
}

/** Return the stored answer, to any revision; null if it is absent. An invalid or expired answer is deleted, and undefined. */
export function readAnswer(site: string): ConsentAnswer | null | undefined {
  try {
    const text = localStorage.getItem(keyOf(site));
    if (text === null) return null;
    const stored = JSON.parse(text);
    if (isShaped(stored, { v: isAnswer, until: isTime, at: optional(isTime) }) && isTrue(stored, Date.now()))
      return stored.v;
  } catch {
    // Blocked, not JSON, or not an object.
  }
  dropAnswer(site);
}

/** Store the answer, yes or no, for 182 days from its time. If it cannot be stored, an older answer is deleted. */
export function writeAnswer(site: string, answer: ConsentAnswer): void {
  const text = JSON.stringify({ v: answer, until: answer.t + consentLifetime, at: answer.t });
  try {
    localStorage.setItem(keyOf(site), text);
  } catch {
    dropAnswer(site);
  }
}

/** Return whether the browser stores nothing here. Writes nothing to find out. */
export function isBlocked(): boolean {
  try {
    return !localStorage;
  } catch {
    return true;
  }
}

/** Call `onChange` when another tab changes the answer, and when this page returns from the browser's page cache. */
export function watchAnswer(site: string, onChange: () => void): void {
  addEventListener("storage", ({ key }) => {
    if (key === keyOf(site) || key === null) onChange();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) onChange();
  });
}
