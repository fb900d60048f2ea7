import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { registry } from "../storage/storage_registry";
import { blockStorage, FakeStorage } from "../support/storage_fake";
import { readOpenFlag, writeOpenFlag } from "./storage_flag";

let session: FakeStorage;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  session = new FakeStorage();
  vi.stubGlobal("sessionStorage", session);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("the flag is stored under its declared key, with its expiry and place", () => {
  writeOpenFlag("shop", "minimised");
  expect(registry.open).toMatchObject({ key: "crumbless.open.{site}", mechanism: "sessionStorage" });
  expect([...session.items]).toEqual([["crumbless.open.shop", '{"v":"minimised","until":87400000}']]);
  expect(readOpenFlag("shop")).toBe("minimised");
  expect(readOpenFlag("other")).toBeNull();
});

test("the flag is deleted, and expires", () => {
  writeOpenFlag("shop", "open");
  writeOpenFlag("shop", false);
  expect(session.items.size).toBe(0);
  writeOpenFlag("shop", "open");
  vi.setSystemTime(1_000_000 + registry.open.lifetime);
  expect(readOpenFlag("shop")).toBeNull();
});

test.each([
  "",
  "null",
  "nonsense{",
  '{"v":"open"}',
  '{"v":"wide","until":2000000}',

  '{"v":"open","until":87400001}',
  "7",
])("an invalid value %j is not read as a flag", (text) => {
  session.items.set("crumbless.open.shop", text);
  expect(readOpenFlag("shop")).toBeNull();
});

test("blocked or full storage returns no flag and throws no error", () => {
  session.full = true;
  expect(() => writeOpenFlag("shop", "open")).not.toThrow();
  blockStorage();
  expect(readOpenFlag("shop")).toBeNull();
  expect(() => writeOpenFlag("shop", false)).not.toThrow();
});
