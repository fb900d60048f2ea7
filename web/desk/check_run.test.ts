import loaders from "texts:connection_check/lazy";
import { afterEach, expect, it, vi } from "vitest";
import { CHECKS, type Findings, judgeTransports, runConnectionCheck, worstOf } from "./check_run";

afterEach(() => vi.unstubAllGlobals());

it("bears a way that fails while another works", () => {
  expect(judgeTransports({ websocket: null, stream: 12, poll: null })).toEqual({
    websocket: { state: "warn" },
    stream: { state: "good", milliseconds: 12 },
    poll: { state: "warn" },
  });
});

it("finds it bad when no way works", () => {
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

it("asks no further when there is no server", async () => {
  const fetched = vi.fn(() => Promise.reject(new TypeError("offline")));
  vi.stubGlobal("fetch", fetched);
  const told: Findings[] = [];
  await runConnectionCheck("https://chat.example", (findings) => told.push(findings));
  expect(told).toEqual([{ server: { state: "bad" } }]);
  expect(fetched).toHaveBeenCalledTimes(1);
});

it.each(Object.entries(loaders))("has texts for everything in %s", async (_language, load) => {
  const { default: words } = await load();
  for (const name of CHECKS) {
    for (const text of [words.names[name], words.wrong[name], words.advice[name]]) expect(text).toMatch(/^\S(.*\S)?$/);
  }
  expect(words.fineAfter({ milliseconds: 7 })).toContain("7");
});
