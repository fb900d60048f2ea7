/** Rules for the text of a message. They equal the server's, so that a text can be rejected before it is sent. */
import { MAX_TEXT } from "../wire/timeline";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed; tab and line feed stay.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

// Any visible character: no white space, no character that Unicode lets renderers ignore (zero-width characters, selectors,
// fillers), no empty Braille cell. The server's ledger/entry.py has the same rule as a list. Both are tested with
// tests/support/text_cases.json.
const VISIBLE = /[^\s\u2800\p{Default_Ignorable_Code_Point}]/u;

/**
 * Return the text in the form that is sent: line feeds only, no control characters, no lone surrogates, no white space at the
 * ends.
 */
export function cleanText(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(CONTROL, "").replace(LONE_SURROGATE, "\ufffd").trim();
}

/** Return the number of Unicode code points left until the limit; negative if the text is too long. */
export function roomLeft(text: string): number {
  const clean = cleanText(text);
  // A text has at most as many code points as UTF-16 units, so that only a long text has to be counted.
  return MAX_TEXT - (clean.length < MAX_TEXT / 2 ? clean.length : [...clean].length);
}

/** Return whether the server would accept the text. */
export const isSendable = (text: string): boolean => VISIBLE.test(cleanText(text)) && roomLeft(text) >= 0;
