import { expect, test } from "vitest";
import { chooseWords } from "./launcher_words";

test("the launcher speaks the page's language, English when it does not know it", () => {
  expect(chooseWords("en-GB").words[0]).toBe("Chat with us");
  expect(chooseWords("de").words[3]).toBe("# neue Nachrichten");
  expect(chooseWords("ar")).toMatchObject({ direction: "rtl" });
  expect(chooseWords("xx").words[0]).toBe("Chat with us");
});
