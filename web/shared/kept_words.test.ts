import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { loadKeptWords } from "./kept_words";
import english from "./kept_words_en";

const policyLanguages = readdirSync(new URL("../../src/crumbless/policy/words", import.meta.url))
  .filter((name) => name.endsWith(".toml"))
  .map((name) => name.slice(0, 2));

test("the list speaks every language of the policy page", async () => {
  expect(policyLanguages.length).toBeGreaterThan(10);
  for (const language of policyLanguages.filter((one) => one !== "en")) {
    const words = await loadKeptWords(language);
    expect(words.removeAll, language).not.toBe(english.removeAll);
    expect(words.erased(2, 3), language).toMatch(/2.*3/);
    expect(words.removeOf("a.b"), language).toContain("a.b");
  }
});

test("a language that nobody has written yet is English", async () => {
  expect(await loadKeptWords("xx")).toBe(english);
});
