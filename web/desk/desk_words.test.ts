import { describe, expect, it } from "vitest";
import { type DeskWords, deskWords } from "./desk_words";

/** The texts of a table, with functions called on something that can be found again. */
function textsOf(words: DeskWords): [string, string][] {
  const flat = Object.entries({ ...words, ...words.themes, ...words.textSizes }).filter(
    ([, one]) => typeof one !== "object",
  );
  return flat.map(([name, text]: [string, unknown]) => [
    name,
    typeof text === "function" ? String(text(7)) : String(text),
  ]);
}

describe.each(Object.entries(deskWords))("the words in %s", (_language, words) => {
  it.each(textsOf(words))("%s is there and has no blank at its ends", (_name, text) => {
    expect(text).toMatch(/^\S(.*\S)?$/);
  });

  it("say numbers where they take them", () => {
    expect(words.unread(7)).toContain("7");
    expect(words.tooManyTries("7 s")).toContain("7 s");
  });
});

it("speak five languages, not one five times", () => {
  expect(new Set(Object.values(deskWords).map((words) => words.noneYetHint)).size).toBe(5);
});
