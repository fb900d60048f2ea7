import { expect, it } from "vitest";
import { applyTyping, EXPIRE_AFTER, expireTyping, NOBODY, stopTyping, whoTypes } from "./typing_watch";

const visitor = { kind: "visitor", name: "Ana" } as const;
const colleague = { kind: "operator", name: "Ola", id: "op-1" } as const;
const on = (by: typeof visitor | typeof colleague, conversation = "a") => ({ conversation, by, on: true });

it("the author who started last is shown, for each conversation", () => {
  const typists = applyTyping(applyTyping(NOBODY, on(visitor), 0), on(colleague), 1);
  expect(whoTypes(typists, "a")).toEqual(colleague);
  expect(whoTypes(typists, "b")).toBeNull();
  expect(whoTypes(applyTyping(typists, { ...on(colleague), on: false }, 2), "a")).toEqual(visitor);
});

it("a notice expires after six seconds without a repeat", () => {
  const typists = applyTyping(NOBODY, on(visitor), 0);
  expect(expireTyping(typists, EXPIRE_AFTER - 1)).toBe(typists);
  expect(whoTypes(expireTyping(typists, EXPIRE_AFTER), "a")).toBeNull();
  const renewed = applyTyping(typists, on(visitor), 3_000);
  expect(whoTypes(expireTyping(renewed, EXPIRE_AFTER), "a")).toEqual(visitor);
  expect(expireTyping(expireTyping(renewed, EXPIRE_AFTER), 3_000 + EXPIRE_AFTER).size).toBe(0);
});

it("a message ends the notice of its author only", () => {
  const typists = applyTyping(applyTyping(NOBODY, on(visitor), 0), on(colleague), 0);
  expect(whoTypes(stopTyping(typists, "a", colleague), "a")).toEqual(visitor);
  expect(stopTyping(typists, "b", visitor)).toBe(typists);
});
