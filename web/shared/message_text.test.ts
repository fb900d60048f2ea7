import { expect, test } from "vitest";
import textCases from "../../tests/support/text_cases.json";
import { cleanText, isSendable, roomLeft } from "./message_text";
import { MAX_TEXT } from "./wire_timeline";

test("control characters go; tab and line feed stay; carriage returns become line feeds", () => {
  expect(cleanText("a\u0000b\u001b[0m\u0085c\u007f\td\r\ne\rf")).toBe("ab[0mc\td\ne\nf");
});

test("blank ends go, blank lines within stay", () => {
  expect(cleanText("  \n a\n\n b \n")).toBe("a\n\n b");
});

test("half a character becomes a replacement character, whole ones stay", () => {
  expect(cleanText("a\ud83db\ude00c😀")).toBe("a\ufffdb\ufffdc😀");
});

test("length is counted in code points, as the server counts", () => {
  expect(roomLeft("😀".repeat(MAX_TEXT))).toBe(0);
  expect(roomLeft("😀".repeat(MAX_TEXT + 1))).toBe(-1);
  expect(roomLeft("e".repeat(MAX_TEXT - 5))).toBe(5);
  expect(roomLeft("")).toBe(MAX_TEXT);
});

test("what would be removed is not counted", () => {
  expect(roomLeft(`${"e".repeat(MAX_TEXT)}\u0000\u0007  `)).toBe(0);
});

test.each(textCases)("only what can be seen may be sent, as the server holds it: $name", ({ text, visible }) => {
  expect(isSendable(text)).toBe(visible);
});

test("what may be sent", () => {
  expect(isSendable("hello")).toBe(true);
  expect(isSendable(" \n\t\u0000")).toBe(false);
  expect(isSendable("e".repeat(MAX_TEXT))).toBe(true);
  expect(isSendable("e".repeat(MAX_TEXT + 1))).toBe(false);
});
