import { expect, it } from "vitest";
import { dropTokens, readTokens } from "./token_drop.mjs";

const TOKENS = new Set(["ink", "accent", "focus", "quick", "note"]);
const drop = (style, ...scripts) => dropTokens(style, scripts, TOKENS);

it("a token that nothing uses is dropped", () => {
  expect(drop(":root{--ink:#000;--note:#ff0}p{color:var(--ink)}")).toBe(":root{--ink:#000}p{color:var(--ink)}");
});

it("a token that only an unused token uses is dropped", () => {
  expect(drop(":root{--accent:#0a0;--focus:var(--accent)}p{margin:0}")).toBe("p{margin:0}");
});

it("a token that a used token uses stays", () => {
  const style = ":root{--accent:#0a0;--focus:var(--accent)}a{outline-color:var(--focus)}";
  expect(drop(style)).toBe(style);
});

it("a token that a script names stays", () => {
  expect(drop(":root{--accent:#0a0}", 'style.setProperty("--accent",colour)')).toBe(":root{--accent:#0a0}");
});

it("properties that are no tokens stay", () => {
  const style = ".list{--list:20rem}:root{--lightningcss-light:initial;--lightningcss-dark: }";
  expect(drop(style)).toBe(style);
});

it("a rule of a media query that becomes empty is dropped", () => {
  expect(drop("@media (prefers-reduced-motion:reduce){:root{--quick:0s}}p{margin:0}")).toBe("p{margin:0}");
});

it("the tokens are those of the file", () => {
  const tokens = readTokens();
  expect(tokens.size).toBeGreaterThan(90);
  expect([...tokens]).toEqual(expect.arrayContaining(["bg", "surface", "hue-rose-ink", "text-12", "quick"]));
  expect(tokens.has("root")).toBe(false);
});
