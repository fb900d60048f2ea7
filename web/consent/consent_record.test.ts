import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { registry } from "../storage/storage_registry";
import { blockStorage, FakeStorage } from "../support/storage_fake";
import { type ConsentAnswer, isBlocked, readAnswer, writeAnswer } from "./consent_record";

const NOW = 1_800_000_000_000;
const DAYS_182 = 182 * 86_400_000;
const KEY = "crumbless.consent.shop";
const yes: ConsentAnswer = {
  v: 1,
  rev: 3,
  t: NOW,
  c: { analytics: 1, marketing: 0 },
  src: "banner",
  rid: "r".repeat(22),
};
const no: ConsentAnswer = { v: 1, rev: 3, t: NOW, c: { analytics: 0, marketing: 0 }, src: "banner" };

let local: FakeStorage;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  local = new FakeStorage();
  vi.stubGlobal("localStorage", local);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("each answer is stored as declared, for 182 days", () => {
  expect(registry.consent).toMatchObject({ key: "crumbless.consent.{site}", mechanism: "localStorage" });
  for (const answer of [yes, no]) {
    writeAnswer("shop", answer);
    expect([...local.items]).toEqual([[KEY, JSON.stringify({ v: answer, until: NOW + DAYS_182, at: NOW })]]);
    vi.setSystemTime(NOW + DAYS_182 - 1);
    expect(readAnswer("shop")).toEqual(answer);
    vi.setSystemTime(NOW + DAYS_182);
    expect(readAnswer("shop")).toBeUndefined();
    expect(local.items.size).toBe(0);
    vi.setSystemTime(NOW);
  }
});

test("a withdrawal contains the receipt ID only until the server has it", () => {
  const due = ["en", "0123456789abcdef", "11111111-1111-4111-8111-111111111111"] as const;
  writeAnswer("shop", { ...no, rid: "r", due });
  expect(readAnswer("shop")).not.toBeNull();
  writeAnswer("shop", { ...no, rid: "r" });
  expect(readAnswer("shop")).toBeUndefined();
});

const kept = (v: unknown, more: object = {}) => JSON.stringify({ v, until: NOW + DAYS_182, ...more });

test.each([
  ["nonsense", "nonsense{"],
  ["a number", "7"],
  ["null", "null"],
  ["no value", JSON.stringify({ until: NOW + 1 })],
  ["no expiry", JSON.stringify({ v: yes })],
  ["an expiry as text", kept(yes, { until: "9999" })],
  ["an expiry too late", kept(yes, { until: NOW + DAYS_182 + 1 })],
  ["an infinite expiry", '{"v":{},"until":1e999}'],
  ["an additional field", kept({ ...yes, more: 1 })],
  ["an additional outer field", kept(yes, { more: 1 })],
  ["a missing field", kept({ ...yes, src: undefined })],
  ["an additional category", kept({ ...yes, c: { analytics: 1, marketing: 0, all: 1 } })],
  ["a missing category", kept({ ...yes, c: { analytics: 1 } })],
  ["true", kept({ ...yes, c: { analytics: true, marketing: 0 } })],
  ["two", kept({ ...yes, c: { analytics: 2, marketing: 0 } })],
  ["a list", kept({ ...yes, c: [1, 1] })],
  ["a future time", kept({ ...yes, t: NOW + 86_400_000 })],
  ["an invalid time", kept({ ...yes, t: 0.5 })],
  ["an unknown source", kept({ ...yes, src: "external" })],
  ["an invalid receipt", kept({ ...yes, rid: "<b>" })],
  ["another version", kept({ ...yes, v: 2 })],
])("%s is not read as an answer, and is deleted", (_, text) => {
  local.items.set(KEY, kept(yes));
  expect(readAnswer("shop")).toEqual(yes);
  local.items.set(KEY, text);
  expect(readAnswer("shop")).toBeUndefined();
  expect(local.items.size).toBe(0);
});

test("a refusal that cannot be stored deletes the earlier grant", () => {
  writeAnswer("shop", yes);
  local.full = true;
  writeAnswer("shop", no);
  expect(local.items.size).toBe(0);
});

test("blocked storage returns no answer and throws no error", () => {
  expect(isBlocked()).toBe(false);
  blockStorage();
  expect(isBlocked()).toBe(true);
  expect(readAnswer("shop")).toBeUndefined();
  expect(() => writeAnswer("shop", yes)).not.toThrow();
});
