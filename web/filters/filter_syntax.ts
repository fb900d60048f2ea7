// A filter as a value, its canonical text, and the errors of the parser. src/crumbless/filters/filter_syntax.py is the same.

/** Longest filter in code points. */
export const MAX_LENGTH = 2_000;
export const MAX_CONDITIONS = 50;
/** Most values of one condition. */
export const MAX_VALUES = 100;

/** `:` is any of, or contains; `&` has all of; `..` is between; `=` is; `^` begins with. */
export type Operator = ":" | "&" | ".." | "=" | "^" | "<" | "<=" | ">" | ">=";
export type Joint = "all" | "any";

/** A value as it was written. A keyword was not in quotation marks. */
export interface Value {
  readonly text: string;
  readonly keyword: boolean;
}

/** A field, an operator and its values: two for `..`, at least one for `:`, at least two for `&`, else one. */
export interface Condition {
  readonly field: string;
  readonly operator: Operator;
  readonly values: readonly Value[];
  readonly negated: boolean;
}

/** Conditions of which all or any must match. A filter is a group; its groups contain only conditions. */
export interface Group {
  readonly joint: Joint;
  readonly items: readonly (Condition | Group)[];
}

/** Unquoted values with a meaning that the field's type decides. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  "none",
  "me",
  "mine",
  "now",
  "today",
  "yesterday",
  "tomorrow",
  "yes",
  "no",
]);

/** The field of a condition that is only a text in quotation marks. */
export const TEXT_FIELD = "text";
/** The field of a condition that is only a word. */
export const WORD_FIELD = "status";
export const JOINT_WORDS: ReadonlySet<string> = new Set(["and", "or", "not"]);

export const SPACES = " \t\n\r\u00a0\u3000";
export const QUOTES = '"“”„';
export const CLOSING_QUOTES = '"“”';
export const OPERATOR_STARTS = ":<>=^";

export const MESSAGES = {
  too_long: "The filter has more than 2,000 characters.",
  too_many_conditions: "The filter has more than 50 conditions.",
  too_many_values: "The condition has more than 100 values.",
  too_deep: "A group may not contain another group.",
  bad_character: "Control characters and invisible characters are not allowed.",
  missing_condition: "A condition is missing.",
  missing_field: "The name of the field is missing.",
  missing_value: "The value is missing.",
  missing_joint: "A space or | is missing.",
  bad_field: "The name of a field has only letters from a to z, digits and _ . -",
  bad_value: "Put quotation marks around a value with this character.",
  bad_escape: "After \\ only \\ or a quotation mark may follow.",
  bad_range: "A range is one value with a beginning and an end, such as wait:10m..2h.",
  one_value: "Several values need a colon, such as label:wedding,wholesale.",
  mixed_lists: "Use either , (any of) or & (all of) between values.",
  list_needs_field: "Several values need a field, such as status:open,closed.",
  mixed_joints: "Use parentheses where spaces (and) and | (or) meet, such as open (a|b).",
  word_joint: "Write a space for “and”, | for “or”, and - for “not”.",
  negated_group: "A minus sign may precede a condition, but not a group.",
  open_quote: "The quotation mark is not closed.",
  open_group: "The parenthesis is not closed.",
  closed_group: "There is no open parenthesis.",
} as const;
export type FilterErrorCode = keyof typeof MESSAGES;

/** The text is not a filter. `position` counts code points from 0. */
export class FilterError extends Error {
  constructor(
    readonly code: FilterErrorCode,
    readonly position: number,
  ) {
    super(MESSAGES[code]);
  }
}

const NEEDS_QUOTES = /[ \t\n\r\u00a0\u3000()|,&"“”„<>=^\\]|\.\./;
const BARE_WORD = /^[a-z][a-z0-9_]*$/;

export function isGroup(item: Condition | Group): item is Group {
  return "joint" in item;
}

/** Return the canonical text of a filter. The parser makes an equal filter of it. */
export function printFilter(group: Group): string {
  const texts = group.items.map((one) => (isGroup(one) ? `(${printFilter(one)})` : printCondition(one)));
  return texts.join(group.joint === "all" ? " " : "|");
}

/** Return the canonical text of one condition. */
export function printCondition({ field, operator, values, negated }: Condition): string {
  const sign = negated ? "-" : "";
  const [first] = values;
  if (operator === ":" && values.length === 1 && first !== undefined && !first.keyword) {
    if (field === TEXT_FIELD) return sign + quoted(first.text);
    if (field === WORD_FIELD && BARE_WORD.test(first.text) && !JOINT_WORDS.has(first.text) && !KEYWORDS.has(first.text))
      return sign + first.text;
  }
  const texts = values.map(printValue);
  if (operator === "..") return `${sign}${field}:${texts.join("..")}`;
  if (operator === "&") return `${sign}${field}:${texts.join("&")}`;
  return `${sign}${field}${operator}${texts.join(",")}`;
}

function printValue({ text, keyword }: Value): string {
  if (keyword) return text;
  return NEEDS_QUOTES.test(text) || KEYWORDS.has(text.toLowerCase()) ? quoted(text) : text;
}

/** Return a text in quotation marks, with a backslash before those in it. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"“”]/g, "\\$&")}"`;
}
