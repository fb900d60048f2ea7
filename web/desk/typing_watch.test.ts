import { expect, it } from "vitest";
import { applyTyping, LAPSE, lapseTyping, NOBODY, stopTyping, whoTypes } from "./typing_watch";

const visitor = { kind: "visitor", name: "Ana" } as const;
const colleague = { kind: "operator", name: "Ola", id: "op-1" } as const;
const on = (by: typeof visitor | typeof colleague, conversation = "a") => ({ conversation, by, on: true });

it("shows who started last, per conversation", () => {
  const typists = applyTyping(applyTyping(NOBODY, on(visitor), 0), on(colleague), 1);
  expect(whoTypes(typists, "a")).toEqual(colleague);
  expect(whoTypes(typists, "b")).toBeNull();
  expect(whoTypes(applyTyping(typists, { ...on(colleague), on: false }, 2), "a")).toEqual(visitor);
});

it("lapses after six seconds without a repeat, and a repeat renews it", () => {
  const typists = applyTyping(NOBODY, on(visitor), 0);
  expect(lapseTyping(typists, LAPSE - 1)).toBe(typists);
  expect(whoTypes(lapseTyping(typists, LAPSE), "a")).toBeNull();
  const renewed = applyTyping(typists, on(visitor), 3_000);
  expect(whoTypes(lapseTyping(renewed, LAPSE), "a")).toEqual(visitor);
  expect(lapseTyping(lapseTyping(renewed, LAPSE), 3_000 + LAPSE).size).toBe(0);
});

it("ends with the message, and only for its author", () => {
  const typists = applyTyping(applyTyping(NOBODY, on(visitor), 0), on(colleague), 0);
  expect(whoTypes(stopTyping(typists, "a", colleague), "a")).toEqual(visitor);
  expect(stopTyping(typists, "b", visitor)).toBe(typists);
});
