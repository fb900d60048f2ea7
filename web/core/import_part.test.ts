import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { importPart } from "./import_part";

/** Modules without a server. The comment contains the query of a repeated import. */
const PART = "data:text/javascript,export const name = 'part'; //";
const SHARED = "data:text/javascript,export const name = 'shared'; //";

/** The address of the file that the page preloads, if any. */
let preloaded: string;

beforeEach(() => {
  preloaded = "";
  vi.stubGlobal("document", { querySelector: (query: string) => (query.includes(`"${preloaded}"`) ? {} : null) });
});
afterEach(() => vi.unstubAllGlobals());

test("a part is imported only once all its files have been downloaded", async () => {
  let failing = [SHARED];
  vi.stubGlobal("fetch", async (address: string) => {
    if (failing.includes(address)) throw new TypeError("Failed to fetch");
    return new Response("");
  });
  const load = importPart<{ name: string }>((files) => files([PART, SHARED]));
  await expect(load()).rejects.toThrow("Failed to fetch");
  failing = [];
  expect((await load()).name).toBe("part");
});

test("a missing file is a failure", async () => {
  let status = 404;
  vi.stubGlobal("fetch", async () => new Response("", { status }));
  const load = importPart<{ name: string }>((files) => files([PART]));
  await expect(load()).rejects.toThrow("404");
  status = 200;
  expect((await load()).name).toBe("part");
});

test("a file that the page preloads is imported without a download", async () => {
  const requested: string[] = [];
  vi.stubGlobal("fetch", async (address: string) => {
    requested.push(address);
    return new Response("");
  });
  const load = importPart<{ name: string }>((files) => files([PART, SHARED]));
  preloaded = SHARED.slice(1);
  expect((await load()).name).toBe("part");
  expect(requested).toEqual([PART]);
});
