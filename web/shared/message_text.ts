/** What may stand in a message: the same rules as the server's, so that a refusal is told before sending. */
import { MAX_TEXT } from "./wire_timeline";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed; tab and line feed stay.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

// Anything that can be seen: not white space, not what Unicode has renderers ignore (zero-width characters, selectors,
// fillers), nor the empty Braille cell. The server's domain/entry.py has the same as a list; both are tested with
// tests/support/text_cases.json.
const VISIBLE = /[^\s\u2800\p{Default_Ignorable_Code_Point}]/u;

/** The text as it may be sent: line feeds only, no control characters, no halves of characters, no blank ends. */
export function cleanText(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(CONTROL, "").replace(LONE_SURROGATE, "\ufffd").trim();
}

/** Unicode code points left until the limit; negative when the text is too long. */
export function roomLeft(text: string): number {
  const clean = cleanText(text);
  // A text has at most as many code points as UTF-16 units: counting can wait until it is long.
  return MAX_TEXT - (clean.length < MAX_TEXT / 2 ? clean.length : [...clean].length);
}

/** Whether the server would take it. */
export const isSendable = (text: string): boolean => VISIBLE.test(cleanText(text)) && roomLeft(text) >= 0;
