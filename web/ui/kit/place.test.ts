import { describe, expect, it } from "vitest";
import { placePanel } from "./place";

const PAGE = { width: 400, height: 600 };
const PANEL = { width: 200, height: 100 };
const button = (left: number, top: number) => ({ left, right: left + 80, top, bottom: top + 32 });

describe("placePanel", () => {
  it.each([
    ["start", false, 40],
    ["end", false, 8],
    ["start", true, 8],
    ["end", true, 40],
  ] as const)("the panel begins at the %s of the button, right to left: %s", (align, rightToLeft, left) => {
    expect(placePanel(button(40, 100), PANEL, PAGE, rightToLeft, align)).toEqual({ left, top: 136 });
  });

  it("the end of the panel is that of the button", () => {
    expect(placePanel(button(300, 100), PANEL, PAGE, false, "end").left).toBe(180);
  });

  it("the panel is above the button where the window ends", () => {
    expect(placePanel(button(40, 500), PANEL, PAGE, false, "start").top).toBe(396);
  });

  it("the panel stays inside the window on all sides", () => {
    expect(placePanel(button(380, 100), PANEL, PAGE, false, "start").left).toBe(192);
    expect(placePanel(button(40, 60), { width: 380, height: 900 }, PAGE, false, "start")).toEqual({ left: 12, top: 8 });
  });
});
