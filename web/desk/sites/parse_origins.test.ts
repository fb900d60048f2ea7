import { expect, it } from "vitest";
import { isOrigin, parseOrigins } from "./parse_origins";

it("one origin per line is read once, without its path", () => {
  const text = " https://www.example.com/shop?x \n\nhttps://WWW.example.com\nhttp://localhost:8080, https://b.example ";
  expect(parseOrigins(text)).toEqual(["https://www.example.com", "http://localhost:8080", "https://b.example"]);
});

it.each(["www.example.com", "ftp://example.com", "https://", "javascript:alert(1)", "https://me@example.com"])(
  "%s is not an origin, and is returned as it was typed",
  (typed) => {
    expect(parseOrigins(typed)).toEqual([typed]);
    expect(isOrigin(typed)).toBe(false);
  },
);
