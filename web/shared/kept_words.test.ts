import { expect, test } from "vitest";
import { loadKeptWords } from "./kept_words";
import english from "./kept_words_en";

/** Those of the policy page, which holds the list too. */
const OTHER_LANGUAGES = ["de", "fr", "es", "it", "nl", "pl", "pt", "ar", "sv", "tr", "uk"];

test("the list speaks every language of the policy page", async () => {
  for (const language of OTHER_LANGUAGES) {
    const words = await loadKeptWords(language);
    expect(words.removeAll, language).not.toBe(english.removeAll);
    expect(words.erased(2, 3), language).toMatch(/2.*3/);
    expect(words.removeOf("a.b"), language).toContain("a.b");
  }
});

test("a language that nobody has written yet is English", async () => {
  expect(await loadKeptWords("xx")).toBe(english);
});
