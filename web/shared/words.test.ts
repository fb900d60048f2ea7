import { describe, expect, test } from "vitest";
import { loadChatWords } from "../frame/frame_words";
import { loadKeptWords } from "./kept_words";
import { chooseLanguage, LANGUAGES, sharedWords } from "./words";

const tablesOf = async (load: (language: (typeof LANGUAGES)[number]) => Promise<object>) =>
  Object.fromEntries(await Promise.all(LANGUAGES.map(async (one) => [one, await load(one)])));

test.each([
  ["de-AT", "de", "ltr"],
  ["FR", "fr", "ltr"],
  ["ar_EG", "ar", "rtl"],
  ["pt-BR", "en", "ltr"],
  ["", "en", "ltr"],
  [null, "en", "ltr"],
])("%s is spoken to in %s, written %s", (tag, language, direction) => {
  expect(chooseLanguage(tag)).toEqual({ language, direction });
});

describe.each([
  ["shared", sharedWords],
  ["frame", await tablesOf(loadChatWords)],
  ["panel", await tablesOf(loadKeptWords)],
])("the %s words", (_, tables) => {
  const [english, ...others] = Object.values(tables) as Record<string, unknown>[];

  test("say everything in every language", () => {
    for (const table of others) expect(Object.keys(table)).toEqual(Object.keys(english ?? {}));
  });

  test("leave nothing empty", () => {
    for (const table of [english, ...others]) {
      for (const words of Object.values(table ?? {})) expect(words).not.toBe("");
    }
  });
});

test("numbers bend the words around them", () => {
  expect(sharedWords.en.charactersLeft(1)).toBe("1 character left");
  expect(sharedWords.en.tooLong(2)).toBe("Too long by 2 characters. Please shorten it.");
  expect(sharedWords.fr.charactersLeft(2)).toBe("Encore 2 caractères");
});
