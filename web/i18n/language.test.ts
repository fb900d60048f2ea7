import deskLoaders from "texts:desk/lazy";
import frameLoaders from "texts:frame/lazy";
import storedDataLoaders from "texts:stored_data/lazy";
import { expect, test } from "vitest";
import { chooseLanguage, LANGUAGES } from "./language";
import { loadTexts } from "./texts_load";

test.each([
  ["de-AT", "de", "ltr"],
  ["FR", "fr", "ltr"],
  ["ar_EG", "ar", "rtl"],
  ["ja-JP", "en", "ltr"],
  ["", "en", "ltr"],
  [null, "en", "ltr"],
])("%s selects %s, written %s", (tag, language, direction) => {
  expect(chooseLanguage(tag)).toEqual({ language, direction });
});

test("the chat has its own text in every language, besides those that it shares with the desk", async () => {
  const chat = await Promise.all(LANGUAGES.map((one) => loadTexts(frameLoaders, one)));
  const desk = await Promise.all(LANGUAGES.map((one) => loadTexts(deskLoaders, one)));
  expect(new Set(chat.map(({ placeholder }) => placeholder)).size).toBe(LANGUAGES.length);
  expect(chat.map(({ conversation }) => conversation.send)).toEqual(desk.map(({ conversation }) => conversation.send));
});

test("texts with a number follow the plural rules of their language", async () => {
  const { conversation: english } = await loadTexts(frameLoaders, "en");
  expect(english.charactersLeft({ left: 1 })).toBe("1 character left");
  expect(english.tooLong({ over: 2 })).toBe("Too long by 2 characters. Please shorten it.");
  const { conversation: french } = await loadTexts(frameLoaders, "fr");
  expect(french.charactersLeft({ left: 0 })).toBe("Encore 0 caractère");
  const { default: polish } = await storedDataLoaders.pl();
  const erased = [1, 2, 5, 22].map((count) => polish.erased({ conversations: count, messages: count }));
  expect(erased).toEqual([
    "Usunięto 1 rozmowę i 1 wiadomość.",
    "Usunięto 2 rozmowy i 2 wiadomości.",
    "Usunięto 5 rozmów i 5 wiadomości.",
    "Usunięto 22 rozmowy i 22 wiadomości.",
  ]);
  const { default: arabic } = await storedDataLoaders.ar();
  const forms = [0, 1, 2, 3, 11, 100].map((count) => arabic.erased({ conversations: count, messages: 1 }));
  expect(new Set(forms).size).toBe(6);
});
