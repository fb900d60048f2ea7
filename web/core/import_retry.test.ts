import { expect, test } from "vitest";
import { importRetry } from "./import_retry";

test("a failed import is repeated with another query, and a successful one with the same", async () => {
  const queries: string[] = [];
  let reachable = false;
  const load = importRetry(async (query) => {
    queries.push(query);
    if (!reachable) throw new TypeError("Failed to fetch dynamically imported module");
    return { default: 7 };
  });
  await expect(load()).rejects.toThrow("Failed to fetch");
  await expect(load()).rejects.toThrow("Failed to fetch");
  reachable = true;
  expect(await load()).toEqual({ default: 7 });
  expect(await load()).toEqual({ default: 7 });
  expect(new Set(queries.slice(0, 3)).size).toBe(3);
  expect(queries[3]).toBe(queries[2]);
  expect(queries[0]).toBe("");
});
