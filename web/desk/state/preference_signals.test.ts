import { effect } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { choose } from "../../storage/preferences";
import { FakeStorage } from "../../support/storage_fake";
import { sound, theme } from "./preference_signals";

beforeEach(() => {
  vi.stubGlobal("localStorage", new FakeStorage());
  vi.stubGlobal("sessionStorage", new FakeStorage());
});
afterEach(() => {
  choose("theme", null);
  vi.unstubAllGlobals();
});

test("a signal follows its preference", () => {
  const seen: string[] = [];
  const stop = effect(() => void seen.push(theme.value));
  choose("theme", "dark");
  choose("theme", "dark");
  choose("theme", null);
  stop();
  choose("theme", "light");
  expect(seen).toEqual(["system", "dark", "system"]);
  expect([theme.value, sound.value]).toEqual(["light", false]);
});
