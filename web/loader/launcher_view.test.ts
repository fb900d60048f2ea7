import { expect, test } from "vitest";
import { inkOn } from "./launcher_view";
import { chooseWords } from "./launcher_words";

/** WCAG 2.2, relative luminance with the exact transfer function. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, two: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(two)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test("the icon reads well on any accent: far above the 3 to 1 that icons need", () => {
  for (let r = 0; r < 256; r += 17) {
    for (let g = 0; g < 256; g += 17) {
      for (let b = 0; b < 256; b += 17) {
        const colour = `#${[r, g, b].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
        const ink = inkOn(colour) === "#fff" ? "#ffffff" : "#000000";
        expect(contrast(colour, ink), colour).toBeGreaterThanOrEqual(4.4);
      }
    }
  }
});

test("the launcher speaks the page's language, English when it does not know it", () => {
  expect(chooseWords("en-GB").words[0]).toBe("Chat with us");
  expect(chooseWords("de").words[3]).toBe("# neue Nachrichten");
  expect(chooseWords("ar")).toMatchObject({ direction: "rtl" });
  expect(chooseWords("xx").words[0]).toBe("Chat with us");
});
