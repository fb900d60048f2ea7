import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeStorage } from "../support/storage_fake";
import type * as Choices from "./preferences";
import type * as Store from "./storage";

interface Page {
  documentElement: { dataset: Record<string, string>; lang: string; dir: string };
}

let local: FakeStorage;
let preferences: typeof Choices;
let storage: typeof Store;
let page: Page;
let stop: () => void;

const follow = (standards?: Choices.Defaults): void => {
  stop = preferences.followPreferences(page as unknown as Document, standards);
};

beforeEach(async () => {
  vi.resetModules();
  local = new FakeStorage();
  vi.stubGlobal("localStorage", local);
  vi.stubGlobal("sessionStorage", new FakeStorage());
  storage = await import("./storage");
  preferences = await import("./preferences");
  page = { documentElement: { dataset: {}, lang: "fr", dir: "ltr" } };
  stop = () => undefined;
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

describe("a choice", () => {
  test("is applied at once, and stored", () => {
    follow({ language: "fr" });
    preferences.choose("theme", "dark");
    preferences.choose("textSize", "larger");
    preferences.choose("language", "ar");
    expect(page.documentElement).toEqual({ dataset: { theme: "dark", textSize: "larger" }, lang: "ar", dir: "rtl" });
    expect([...local.items.keys()].sort()).toEqual(["crumbless.language", "crumbless.text-size", "crumbless.theme"]);
  });

  test("is restored on the next page", () => {
    storage.set("theme", {}, "light");
    storage.set("sound", {}, true);
    follow();
    expect(page.documentElement.dataset).toEqual({ theme: "light" });
    expect(preferences.sound.value).toBe(true);
  });

  test("of the default deletes the item, and so does null", () => {
    follow({ language: "fr" });
    preferences.choose("theme", "dark");
    preferences.choose("language", "ar");
    preferences.choose("sound", true);
    expect(local.items.size).toBe(3);
    preferences.choose("theme", "system");
    preferences.choose("language", null);
    preferences.choose("sound", false);
    expect(local.items.size).toBe(0);
    expect(page.documentElement).toEqual({ dataset: {}, lang: "fr", dir: "ltr" });
  });

  test("that differs from a surface's own default is stored", () => {
    follow({ sound: true });
    expect(preferences.sound.value).toBe(true);
    preferences.choose("sound", false);
    expect(preferences.sound.value).toBe(false);
    expect(local.items.has("crumbless.sound")).toBe(true);
    preferences.choose("sound", true);
    expect(local.items.size).toBe(0);
  });
});

describe("without a choice", () => {
  test("nothing is written, and the page does not change", () => {
    follow();
    expect(local.items.size).toBe(0);
    expect(page.documentElement).toEqual({ dataset: {}, lang: "fr", dir: "ltr" });
  });

  test("the default returns when the item is deleted outside this page", () => {
    follow();
    preferences.choose("theme", "dark");
    expect(page.documentElement.dataset).toEqual({ theme: "dark" });
    storage.remove("theme", {});
    expect(page.documentElement.dataset).toEqual({});
    expect(preferences.theme.value).toBe("system");
  });

  test.each(['{"v":"purple","until":9e15}', "not JSON", '{"v":true,"until":9e15}'])(
    "an invalid value %s counts as absent",
    (text) => {
      local.items.set("crumbless.theme", text);
      local.items.set("crumbless.text-size", text);
      follow();
      expect(page.documentElement.dataset).toEqual({});
      expect(local.items.size).toBe(0);
    },
  );
});

test("a choice that the browser cannot store applies to the page", () => {
  local.full = true;
  vi.stubGlobal("sessionStorage", local);
  follow();
  preferences.choose("theme", "dark");
  expect(page.documentElement.dataset).toEqual({ theme: "dark" });
  expect(local.items.size).toBe(0);
});
