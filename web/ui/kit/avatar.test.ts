import { expect, it } from "vitest";
import { initialsOf } from "./avatar";
import { HUES, numberOf } from "./hue";

it.each([
  ["Greta Lind", "GL"],
  ["  Paul  K. van der Berg ", "PB"],
  ["mina", "M"],
  ["花子", "花"],
  ["𝒜lma Ferro", "𝒜F"],
  ["", ""],
  ["   ", ""],
])("the initials of %j are %j", (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

it("colours and shapes of a thousand visitors are all used, in all combinations", () => {
  const found = new Set<string>();
  for (let number = 0; number < 1000; number++) {
    const id = `visitor-${number}`;
    found.add(`${numberOf(id, HUES.length)} ${numberOf(`${id} shape`, 5)}`);
  }
  expect(found.size).toBe(40);
});
