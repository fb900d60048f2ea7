// Formats times for the conversation list: short and in the reader's language.

import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../core/time_units";

/**
 * Format a time relative to now: "now" or "2 min". Older times are "14:05" on the same day, "Mon" within the last week,
 * "12 Mar" within the year and "12 Mar 2025" before. A time in the future (clocks differ) is "now".
 *
 * @param at Milliseconds since 1970.
 * @param now Milliseconds since 1970.
 */
export function formatTime(at: number, now: number, language: string): string {
  const age = now - at;
  if (age < MINUTE_MS) return formatNow(language);
  if (age < HOUR_MS) return formatMinutes(Math.floor(age / MINUTE_MS), language);
  if (isSameDay(at, now)) return format(at, language, { hour: "numeric", minute: "2-digit" });
  if (age < 6 * DAY_MS) return format(at, language, { weekday: "short" });
  if (new Date(at).getFullYear() === new Date(now).getFullYear()) {
    return format(at, language, { day: "numeric", month: "short" });
  }
  return format(at, language, { day: "numeric", month: "short", year: "numeric" });
}

/** Return date and time in full, for the tooltip of a short time. */
export function formatFullTime(at: number, language: string): string {
  return format(at, language, { dateStyle: "full", timeStyle: "short" });
}

/** Return date and time to the second, short enough for a table. */
export function formatMoment(at: number, language: string): string {
  return format(at, language, { dateStyle: "medium", timeStyle: "medium" });
}

function formatNow(language: string): string {
  const make = () => new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return remembered(nowFormats, language, make).format(0, "second");
}

function formatMinutes(minutes: number, language: string): string {
  const [base = "en"] = language.split("-"); // "2 min" everywhere; some regions have a longer short form.
  return remembered(minuteFormats, base, () => new Intl.NumberFormat(base, MINUTES)).format(minutes);
}

function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

function format(at: number, language: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${language} ${Object.entries(options)}`;
  return remembered(dateFormats, key, () => new Intl.DateTimeFormat(language, options)).format(at);
}

const MINUTES = { style: "unit", unit: "minute", unitDisplay: "short" } as const;

// Creating a formatter costs a hundred times its use, and a long list is rendered again with every message.
const nowFormats = new Map<string, Intl.RelativeTimeFormat>();
const minuteFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

function remembered<Format>(formats: Map<string, Format>, key: string, make: () => Format): Format {
  const known = formats.get(key) ?? make();
  formats.set(key, known);
  return known;
}
