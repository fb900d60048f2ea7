import loaders from "texts:connection_check/lazy";
import { afterEach, expect, it, vi } from "vitest";
import { CHECKS, type Findings, judgeTransports, runConnectionCheck, worstOf } from "./check_run";

afterEach(() => vi.unstubAllGlobals());

it("a failing transport is a warning while another works", () => {
  expect(judgeTransports({ websocket: null, stream: 12, poll: null })).toEqual({
    websocket: { state: "warn" },
    stream: { state: "good", milliseconds: 12 },
    poll: { state: "warn" },
  });
});

it("the result is bad if no transport works", () => {
  expect(judgeTransports({ websocket: null, stream: null })).toEqual({
    websocket: { state: "bad" },
    stream: { state: "bad" },
  });
});

it.each([
  [{}, "good"],
  [{ server: { state: "good" } }, "good"],
  [{ server: { state: "good" }, clock: { state: "warn" } }, "warn"],
  [{ clock: { state: "warn" }, cache: { state: "bad" } }, "bad"],
] as [Findings, string][])("the worst of %j is %s", (findings, worst) => {
  expect(worstOf(findings)).toBe(worst);
});

it("no other check runs if the server is unreachable", async () => {
  const fetched = vi.fn(() => Promise.reject(new TypeError("offline")));
  vi.stubGlobal("fetch", fetched);
  const told: Findings[] = [];
  await runConnectionCheck("https://chat.example", (findings) => told.push(findings));
  expect(told).toEqual([{ server: { state: "bad" } }]);
  expect(fetched).toHaveBeenCalledTimes(1);
});

it.each(Object.entries(loaders))("%s has texts for every check", async (_language, load) => {
  const { default: words } = await load();
  for (const name of CHECKS) {
    for (const text of [words.names[name], words.wrong[name], words.advice[name]]) expect(text).toMatch(/^\S(.*\S)?$/);
  }
  expect(words.fineAfter({ milliseconds: 7 })).toContain("7");
});
