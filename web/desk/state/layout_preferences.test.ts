import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as storage from "../../storage/storage";
import { FakeStorage } from "../../support/storage_fake";
import { DeskArrangement, LIST_WIDTH } from "./layout_preferences";

const local = new FakeStorage();
const KEYS = ["crumbless.desk.layout", "crumbless.desk.panels", "crumbless.desk.widths", "crumbless.desk.list"];
const ends: (() => void)[] = [];

function arrangement(): DeskArrangement {
  const made = new DeskArrangement();
  ends.push(made.follow());
  return made;
}

beforeEach(() => {
  local.items.clear();
  vi.stubGlobal("localStorage", local);
  vi.stubGlobal("sessionStorage", new FakeStorage());
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await storage.clear("desk");
  vi.unstubAllGlobals();
});

/** Each change of the arrangement, with its reversal. */
const ACTS: [string, string | undefined, (one: DeskArrangement) => void, (one: DeskArrangement) => void][] = [
  ["layout", KEYS[0], (one) => one.setFocus(true), (one) => one.setFocus(false)],
  ["panels", KEYS[1], (one) => one.collapse("details", true), (one) => one.collapse("details", false)],
  ["widths", KEYS[2], (one) => one.setListWidth(300), (one) => one.setListWidth(null)],
  ["filter", KEYS[3], (one) => one.setFilter("waiting"), (one) => one.setFilter("all")],
  ["density", KEYS[3], (one) => one.setDensity("compact"), (one) => one.setDensity("comfortable")],
];

const stateOf = ({ focus, collapsed, listWidth, filter, density }: DeskArrangement) => [
  focus.value,
  [...collapsed.value],
  listWidth.value,
  filter.value,
  density.value,
];

describe.each(ACTS)("the %s", (_name, key = "", act, back) => {
  it("is stored only while it differs from the default", () => {
    const one = arrangement();
    expect([...local.items.keys()]).toEqual([]);
    act(one);
    expect([...local.items.keys()]).toEqual([key]);
    expect(one.changed).toBe(true);
    expect(stateOf(arrangement())).toEqual(stateOf(one));
    back(one);
    expect([...local.items.keys()]).toEqual([]);
    expect(one.changed).toBe(false);
  });

  it("is followed by observers and reset by clearing", async () => {
    const [one, other] = [arrangement(), arrangement()];
    const defaults = stateOf(other);
    act(one);
    await vi.waitFor(() => expect(stateOf(other)).toEqual(stateOf(one)));
    await storage.clear("desk");
    await vi.waitFor(() => expect(stateOf(one)).toEqual(defaults));
  });
});

it("the arrangement is reset as a whole", () => {
  const one = arrangement();
  const defaults = stateOf(one);
  for (const [, , act] of ACTS) act(one);
  expect([...local.items.keys()].sort()).toEqual([...KEYS].sort());
  one.reset();
  expect(stateOf(one)).toEqual(defaults);
  expect([...local.items.keys()]).toEqual([]);
});

it.each([
  [0, LIST_WIDTH.least],
  [10_000, LIST_WIDTH.most],
  [300.4, 300],
])("the list's width stays within its limits: %d", (given, width) => {
  const one = arrangement();
  one.setListWidth(given);
  expect(one.listWidth.value).toBe(width);
});

it.each([
  ["crumbless.desk.widths", { list: "wide" }],
  ["crumbless.desk.list", { filter: "lost", density: "compact" }],
  ["crumbless.desk.panels", "details"],
  ["crumbless.desk.layout", ["focus"]],
])("an invalid value at %s is replaced by the default", (key, value) => {
  const defaults = stateOf(arrangement());
  local.items.set(key, JSON.stringify({ v: value, until: Date.now() + 60_000, at: Date.now() }));
  expect(stateOf(arrangement())).toEqual(defaults);
});
