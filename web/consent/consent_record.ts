/**
 * The answer of this browser, under the one key that the registry gives it. Same format and rules as web/shared/storage.ts,
 * which is too heavy for every page of a site. What is not exactly what we write is no answer.
 */
import { consentKey, consentLifetime } from "../shared/storage_registry";
import type { ConsentChoice } from "../shared/storage_values";

export type Source = "banner" | "settings" | "api" | "external";

export type Answer = ConsentChoice & { src: Source };

/** Of what the clocks of two pages may differ, ms. */
const CLOCK_SLACK = 60_000;

const keyOf = (site: string) => consentKey.replace("{site}", site);

type Check = (value: unknown) => boolean;
const isBit: Check = (value) => value === 0 || value === 1;
const isText: Check = (value) => typeof value === "string" && /^[\w-]{0,64}$/.test(value);
const isTime: Check = (value) => Number.isSafeInteger(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** Whether `value` is an object with these fields and no other. */
const isShaped = (value: unknown, shape: Record<string, Check>): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).every((name) => Object.hasOwn(shape, name)) &&
  Object.entries(shape).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const isAnswer = (value: unknown): value is Answer =>
  isShaped(value, {
    v: (one) => one === 1,
    rev: isTime,
    t: isTime,
    c: (grants) => isShaped(grants, { analytics: isBit, marketing: isBit }),
    src: (one) => ["banner", "settings", "api"].includes(one as string),
    sig: optional((one) => one === 1),
    rid: optional(isText),
    due: optional((one) => Array.isArray(one) && one.length === 3 && one.every(isText)),
  });

/** Whether any category is granted. */
export const grantsAny = ({ c }: Answer): boolean => !!(c.analytics || c.marketing);

const isTrue = (answer: Answer, until: unknown, now: number): boolean =>
  Number.isSafeInteger(until) &&
  (until as number) > now &&
  (until as number) <= answer.t + consentLifetime &&
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
export function readAnswer(site: string): Answer | null {
  try {
    const text = localStorage.getItem(keyOf(site));
    if (text === null) return null;
    const { v, until, at, ...more } = JSON.parse(text);
    if (isAnswer(v) && isTrue(v, until, Date.now()) && optional(isTime)(at) && !Object.keys(more).length) return v;
  } catch {
    // Blocked, not JSON, or not an object.
  }
  dropAnswer(site);
  return null;
}

/** Keeps the answer for 182 days from when it was given, yes and no alike. What cannot be kept does not leave an older answer behind. */
export function writeAnswer(site: string, answer: Answer): void {
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
