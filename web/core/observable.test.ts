import { expect, test } from "vitest";
import { Observable } from "./observable";

test("the value is reported at once and after each change, until the observation ends", () => {
  const colour = new Observable("red");
  const told: string[] = [];
  const stop = colour.observe((value) => told.push(value));
  colour.value = "blue";
  colour.value = "blue";
  expect([told, colour.value]).toEqual([["red", "blue"], "blue"]);
  stop();
  colour.value = "green";
  expect([told, colour.value]).toEqual([["red", "blue"], "green"]);
});

test("an observer may leave during a notification", () => {
  const colour = new Observable("red");
  const told: string[] = [];
  const leave = colour.observe(() => colour.value === "blue" && leave());
  colour.observe((value) => told.push(value));
  colour.value = "blue";
  expect(told).toEqual(["red", "blue"]);
});
