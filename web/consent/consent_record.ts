/**
 * The answer of this browser, under the one key that the registry gives it. Same format and rules as web/shared/storage.ts,
 * which is too heavy for every page of a site. What is not exactly what we write is no answer.
 */
import { consentKey, consentLifetime } from "../shared/storage_registry";
import type { StoredConsentChoice } from "../shared/storage_values";

export type Source = "banner" | "settings" | "api" | "external";

export type ConsentAnswer = StoredConsentChoice & { src: Source };

/** Of what the clocks of two pages may differ, ms. */
const CLOCK_SLACK = 60_000;

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

/** Whether `value` is an object with these fields and no other. Throws TypeError for null and undefined, which have no fields. */
const isShaped = (value: unknown, shape: Record<string, Check>): boolean =>
  Object.keys(value as object).every((name) => Object.hasOwn(shape, name)) &&
  Object.entries(shape).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const isAnswer: Check = (value) =>
  isShaped(value, {
    v: isOne,
    rev: isTime,
    t: isTime,
    c: (grants) => isShaped(grants, { analytics: isBit, marketing: isBit }),
    src: (one) => ["banner", "settings", "api"].includes(one as string),
    sig: optional(isOne),
    rid: optional(isText),
    due: optional((one) => Array.isArray(one) && one.length === 3 && one.every(isText)),
  });

/** Whether any category is granted. */
export const grantsAny = ({ c }: ConsentAnswer): boolean => !!(c.analytics || c.marketing);

const isTrue = ({ v: answer, until }: { v: ConsentAnswer; until: number }, now: number): boolean =>
  until > now &&
  until <= answer.t + consentLifetime &&
  answer.t <= now + CLOCK_SLACK &&
  // A receipt belongs to a grant, or to a withdrawal that is still on its way to the server.
  (!answer.rid || grantsAny(answer) || !!answer.due);

function dropAnswer(site: string): void {
  try {
    localStorage.removeItem(keyOf(site));
  } catch {
    // Blocked.
  }
}

/** The answer that stands there, to whichever revision; null when there is none or it is not sound. What is unsound is dropped. */
export function readAnswer(site: string): ConsentAnswer | null {
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
  return null;
}

/** Keeps the answer for 182 days from when it was given, yes and no alike. What cannot be kept does not leave an older answer behind. */
export function writeAnswer(site: string, answer: ConsentAnswer): void {
  const text = JSON.stringify({ v: answer, until: answer.t + consentLifetime, at: answer.t });
  try {
    localStorage.setItem(keyOf(site), text);
  } catch {
    dropAnswer(site);
  }
}

/** Whether the browser keeps nothing here. Writes nothing to find out. */
export function isBlocked(): boolean {
  try {
    return !localStorage;
  } catch {
    return true;
  }
}

/** Tells of a change of the answer in another tab, and of a page that comes back from the browser's memory. */
export function watchAnswer(site: string, onChange: () => void): void {
  addEventListener("storage", ({ key }) => {
    if (key === keyOf(site) || key === null) onChange();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) onChange();
  });
}
