import { expect, test } from "vitest";
import textCases from "../../tests/support/text_cases.json";
import { MAX_TEXT } from "../wire/timeline";
import { cleanText, isSendable, roomLeft } from "./message_text";

test("control characters are removed except tab and line feed, and carriage returns become line feeds", () => {
  expect(cleanText("a\u0000b\u001b[0m\u0085c\u007f\td\r\ne\rf")).toBe("ab[0mc\td\ne\nf");
});

test("white space at the ends is removed, and blank lines inside stay", () => {
  expect(cleanText("  \n a\n\n b \n")).toBe("a\n\n b");
});

test("a lone surrogate becomes a replacement character, and pairs stay", () => {
  expect(cleanText("a\ud83db\ude00c😀")).toBe("a\ufffdb\ufffdc😀");
});

test("length is counted in code points, as on the server", () => {
  expect(roomLeft("😀".repeat(MAX_TEXT))).toBe(0);
  expect(roomLeft("😀".repeat(MAX_TEXT + 1))).toBe(-1);
  expect(roomLeft("e".repeat(MAX_TEXT - 5))).toBe(5);
  expect(roomLeft("")).toBe(MAX_TEXT);
});

test("removed characters are not counted", () => {
  expect(roomLeft(`${"e".repeat(MAX_TEXT)}\u0000\u0007  `)).toBe(0);
});

test.each(textCases)("only visible text may be sent, as on the server: $name", ({ text, visible }) => {
  expect(isSendable(text)).toBe(visible);
});

test("sendable text", () => {
  expect(isSendable("hello")).toBe(true);
  expect(isSendable(" \n\t\u0000")).toBe(false);
  expect(isSendable("e".repeat(MAX_TEXT))).toBe(true);
  expect(isSendable("e".repeat(MAX_TEXT + 1))).toBe(false);
});
