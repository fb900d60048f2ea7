import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type * as Store from "../storage/storage";
import { FakeStorage } from "../support/storage_fake";
import type * as List from "./stored_data_list";

const NOW = 1_800_000_000_000;
let kept: typeof List;
let storage: typeof Store;

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW });
  vi.resetModules();
  vi.stubGlobal("localStorage", new FakeStorage());
  vi.stubGlobal("sessionStorage", new FakeStorage());
  vi.stubGlobal("CryptoKey", class {});
  storage = await import("../storage/storage");
  kept = await import("./stored_data_list");
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const answer = {
  disclosures: [
    { "x-crumbless": { name: "theme", contains: "The colours", purpose: "As chosen" } },
    { "x-crumbless": { name: "draft", contains: 5, purpose: "?" } },
    null,
    {},
  ],
};

test("rows contain the stored items by key, with the server's descriptions", async () => {
  storage.set("theme", {}, "dark");
  storage.set("draft", { site: "shop" }, "half a th");
  const rows = await kept.readRows(kept.readDescriptions(answer));
  expect(rows.map(({ stored, where, description }) => [stored.key, where, description])).toEqual([
    ["crumbless.draft.shop", "sessionStorage", undefined],
    ["crumbless.theme", "localStorage", { contains: "The colours", purpose: "As chosen" }],
  ]);
});

test("an item that the page around the chat stores is marked as stored there", async () => {
  vi.stubGlobal("localStorage", undefined);
  vi.stubGlobal("sessionStorage", undefined);
  storage.set("theme", {}, "dark");
  expect((await kept.readRows(new Map()))[0]?.where).toBe("memory");
  storage.mirrorMemory([], () => undefined);
  expect((await kept.readRows(new Map()))[0]?.where).toBe("page");
});

test.each([null, "no", {}, { disclosures: "?" }, { disclosures: [7] }])("%j contains no description", (rubbish) => {
  expect(kept.readDescriptions(rubbish).size).toBe(0);
});

test("without a response of the server there are no descriptions", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
  expect((await kept.fetchDescriptions("/storage.json")).size).toBe(0);
});

test("the export is JSON with every row, and names a key that it cannot contain", () => {
  const stored = { size: 9, since: NOW - 1_000, until: NOW + 1_000 } as const;
  const key = { cryptoKey: "private", algorithm: "ECDSA", extractable: false };
  const rows: List.StoredDataRow[] = [
    {
      stored: { ...stored, name: "key", key: "crumbless.key.1", where: "IndexedDB", value: { privateKey: key } },
      where: "IndexedDB",
      description: { contains: "A key", purpose: "Nobody else" },
      isKey: true,
    },
    {
      stored: { ...stored, name: "theme", key: "crumbless.theme", where: "localStorage", value: "dark" },
      where: "localStorage",
      description: undefined,
      isKey: false,
    },
  ];
  const exported = JSON.parse(kept.exportRows(rows, "https://chat.example", NOW));
  expect(exported).toEqual({
    origin: "https://chat.example",
    exported: "2027-01-15T08:00:00.000Z",
    items: [
      {
        key: "crumbless.key.1",
        where: "IndexedDB",
        contains: "A key",
        purpose: "Nobody else",
        bytes: 9,
        since: "2027-01-15T07:59:59.000Z",
        until: "2027-01-15T08:00:01.000Z",
        note: "holds a key that cannot be exported",
        value: { privateKey: key },
      },
      {
        key: "crumbless.theme",
        where: "localStorage",
        bytes: 9,
        since: "2027-01-15T07:59:59.000Z",
        until: "2027-01-15T08:00:01.000Z",
        value: "dark",
      },
    ],
  });
});
