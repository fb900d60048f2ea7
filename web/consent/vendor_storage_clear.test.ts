import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { blockStorage } from "../support/storage_fake";
import type { Row } from "./consent_config";
import { clearVendorStorage, patternOf } from "./vendor_storage_clear";

const row = (mechanism: string, key: string, domain?: string): Row =>
  domain ? [mechanism, key, "", "", domain] : [mechanism, key, "", ""];

/** The necessary part of the browser's Storage: its keys are the object's own. */
const storage = (...keys: string[]) => {
  const store: Record<string, unknown> = Object.fromEntries(keys.map((key) => [key, "1"]));
  Object.defineProperty(store, "removeItem", { value: (key: string) => delete store[key] });
  return store;
};

let databases: string[];
let cacheNames: string[];
let cookie: string;

beforeEach(() => {
  databases = ["vendor", "vendor.7", "shop"];
  cacheNames = ["vendor-a", "shop"];
  cookie = "";
  vi.stubGlobal("localStorage", storage("_v", "_v_1", "cart"));
  vi.stubGlobal("sessionStorage", storage("_v", "cart"));
  vi.stubGlobal("location", { hostname: "localhost", pathname: "/" });
  vi.stubGlobal("Document", {
    prototype: {
      get cookie() {
        return "_v=1; cart=2";
      },
      set cookie(text: string) {
        cookie += text;
      },
    },
  });
  // An element of this name, which a page's mark-up can put in place of the document's own property.
  vi.stubGlobal("document", { cookie: {} });
  vi.stubGlobal("indexedDB", {
    databases: async () => databases.map((name) => ({ name })),
    deleteDatabase: (name: string) => {
      const asked: { onsuccess?: () => void } = {};
      queueMicrotask(() => {
        databases = databases.filter((one) => one !== name);
        asked.onsuccess?.();
      });
      return asked;
    },
  });
  vi.stubGlobal("caches", {
    keys: async () => cacheNames,
    delete: async (name: string) => {
      cacheNames = cacheNames.filter((one) => one !== name);
    },
  });
});

afterEach(() => vi.unstubAllGlobals());

const EVERYWHERE = [
  row("cookie", "_v"),
  row("localStorage", "_v_{stream}"),
  row("sessionStorage", "_v"),
  row("IndexedDB", "vendor.{id}"),
  row("Cache Storage", "vendor-{name}"),
];

test("a key matches itself, and a placeholder matches any text that is not empty", () => {
  expect(patternOf("_ga").test("_ga_X")).toBe(false);
  expect(patternOf("_ga_{stream}").test("_ga_X")).toBe(true);
  expect(patternOf("_ga_{stream}").test("_ga_")).toBe(false);
  expect(patternOf("a.b").test("axb")).toBe(false);
});

test("only declared items are deleted, from every mechanism", async () => {
  await clearVendorStorage(EVERYWHERE);
  expect(cookie).toMatch(/^_v=; Max-Age=0/);
  expect(cookie).not.toContain("cart");
  expect(Object.keys(localStorage)).toEqual(["_v", "cart"]);
  expect(Object.keys(sessionStorage)).toEqual(["cart"]);
  expect(databases).toEqual(["vendor", "shop"]);
  expect(cacheNames).toEqual(["shop"]);
});

test("items under the vendor's own domain are not touched", async () => {
  await clearVendorStorage([row("cookie", "_v", "vendor.example")]);
  expect(cookie).toBe("");
});

test("a blocked mechanism does not prevent the deletion from the others", async () => {
  blockStorage();
  vi.stubGlobal("indexedDB", undefined);
  await clearVendorStorage(EVERYWHERE);
  expect(cookie).not.toBe("");
  expect(cacheNames).toEqual(["shop"]);
});
