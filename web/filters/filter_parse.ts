// Parses the text of a filter. src/crumbless/filters/filter_parse.py is the same, function by function.
import {
  CLOSING_QUOTES,
  type Condition,
  FilterError,
  type Group,
  isGroup,
  JOINT_WORDS,
  type Joint,
  KEYWORDS,
  MAX_CONDITIONS,
  MAX_LENGTH,
  MAX_VALUES,
  OPERATOR_STARTS,
  type Operator,
  printFilter,
  QUOTES,
  SPACES,
  TEXT_FIELD,
  type Value,
  WORD_FIELD,
} from "./filter_syntax";

const OPERATORS: readonly Operator[] = ["<=", ">=", ":", "=", "^", "<", ">"];
const END_OF_VALUE = `${SPACES}()|,&`;
const NOT_IN_VALUE = `${QUOTES}<>=^\\`;
const END_OF_WORD = `${END_OF_VALUE}${QUOTES}${OPERATOR_STARTS}\\`;
const BAD =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the parser rejects them.
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]/u;
const FIELD = /^[a-zA-Z][a-zA-Z0-9_.-]{0,63}$/;

/** Return the filter of a text. An empty text is a filter without conditions. Throws FilterError with the first error. */
export function parseFilter(text: string): Group {
  // Positions are in code points, as on the server.
  const characters = [...text];
  if (characters.length > MAX_LENGTH) throw new FilterError("too_long", MAX_LENGTH);
  const bad = characters.findIndex((one) => BAD.test(one));
  if (bad >= 0) throw new FilterError("bad_character", bad);
  const parsed = new Parser(characters).filter();
  // The canonical text can be a little longer. It must be a filter too, because it is stored and linked to.
  if ([...printFilter(parsed)].length > MAX_LENGTH) throw new FilterError("too_long", characters.length);
  return parsed;
}

/** Reads from left to right. It throws the first error, so the limits are checked before more is read. */
class Parser {
  private at = 0;
  private conditions = 0;

  constructor(private readonly text: readonly string[]) {}

  filter(): Group {
    this.spaces();
    return this.peek() === "" ? { joint: "all", items: [] } : this.group(null);
  }

  /** Read a list up to its end. `opened` is the place of its parenthesis, null for the whole filter. */
  private group(opened: number | null): Group {
    let joint: Joint | null = null;
    const items: (Condition | Group)[] = [];
    for (;;) {
      items.push(this.item(opened));
      const following = this.joint(opened);
      if (following === null) return normal(joint ?? "all", items);
      if (joint !== null && joint !== following) throw new FilterError("mixed_joints", this.at);
      joint = following;
      if (joint === "any") {
        this.at++;
        this.spaces();
      }
    }
  }

  /** Return how the next item is joined, or null at the end of the list, and read a closing parenthesis. */
  private joint(opened: number | null): Joint | null {
    const spaced = this.spaces();
    const following = this.peek();
    if (following === "") {
      if (opened !== null) throw new FilterError("open_group", opened);
      return null;
    }
    if (following === ")") {
      if (opened === null) throw new FilterError("closed_group", this.at);
      this.at++;
      return null;
    }
    if (following === "|") return "any";
    if (!spaced) throw new FilterError("missing_joint", this.at);
    return "all";
  }

  private item(opened: number | null): Condition | Group {
    const start = this.at;
    const first = this.peek();
    if (first === ")" && opened === null) throw new FilterError("closed_group", start);
    if (first === "(") {
      if (opened !== null) throw new FilterError("too_deep", start);
      this.at++;
      this.spaces();
      return this.group(start);
    }
    if (first === "-") this.at++;
    if (first === "-" && this.peek() === "(") throw new FilterError("negated_group", start);
    if (END_OF_VALUE.includes(this.peek())) throw new FilterError("missing_condition", this.at);
    if (++this.conditions > MAX_CONDITIONS) throw new FilterError("too_many_conditions", start);
    return this.condition(first === "-");
  }

  private condition(negated: boolean): Condition {
    const start = this.at;
    if (this.sees(QUOTES)) {
      const values = [{ text: this.quoted(), keyword: false }];
      this.refuseList();
      return { field: TEXT_FIELD, operator: ":", values, negated };
    }
    const word = this.until(END_OF_WORD);
    if (this.sees(OPERATOR_STARTS)) return this.withField(word, start, negated);
    if (this.peek() === "\\") throw new FilterError("bad_value", this.at);
    this.refuseList();
    if (JOINT_WORDS.has(word.toLowerCase())) throw new FilterError("word_joint", start);
    return { field: WORD_FIELD, operator: ":", values: [plainValue(word)], negated };
  }

  private withField(field: string, start: number, negated: boolean): Condition {
    if (field === "") throw new FilterError("missing_field", start);
    if (!FIELD.test(field)) throw new FilterError("bad_field", start);
    const two = this.peek() + (this.text[this.at + 1] ?? "");
    const operator = OPERATORS.find((one) => two.startsWith(one)) ?? ":";
    this.at += operator.length;
    return { field: field.toLowerCase(), ...this.values(operator), negated };
  }

  private values(operator: Operator): { operator: Operator; values: Value[] } {
    const first = this.at;
    const value = this.value();
    const separator = this.peek();
    if (value === null) {
      if (operator !== ":" || this.sees(",&")) throw new FilterError("bad_range", first);
      return { operator: "..", values: this.range(first) };
    }
    const values = [value];
    while (this.sees(",&")) {
      if (operator !== ":") throw new FilterError("one_value", this.at);
      if (this.peek() !== separator) throw new FilterError("mixed_lists", this.at);
      this.at++;
      const start = this.at;
      const next = this.value();
      if (next === null) throw new FilterError("bad_range", start);
      values.push(next);
      if (values.length > MAX_VALUES) throw new FilterError("too_many_values", start);
    }
    return { operator: separator === "&" ? "&" : operator, values };
  }

  /** Read a value. Return null if it contains `..`. */
  private value(): Value | null {
    const start = this.at;
    if (this.sees(QUOTES)) return { text: this.quoted(), keyword: false };
    const word = this.until(END_OF_VALUE + NOT_IN_VALUE);
    if (this.sees(NOT_IN_VALUE)) throw new FilterError("bad_value", this.at);
    if (word === "") throw new FilterError("missing_value", start);
    return word.includes("..") ? null : plainValue(word);
  }

  private range(start: number): Value[] {
    const word = this.text.slice(start, this.at).join("");
    const middle = word.indexOf("..");
    const [low, high] = [word.slice(0, middle), word.slice(middle + 2)];
    if (low === "" || high === "" || high.startsWith(".") || high.includes("..")) {
      throw new FilterError("bad_range", start);
    }
    return [plainValue(low), plainValue(high)];
  }

  private quoted(): string {
    const opened = this.at;
    let read = "";
    this.at++;
    while (!this.sees(CLOSING_QUOTES)) {
      let following = this.peek();
      if (following === "\\") {
        following = this.text[this.at + 1] ?? "";
        if (!`${QUOTES}\\`.includes(following)) throw new FilterError("bad_escape", this.at);
        this.at++;
      } else if (following === "\t" || following === "\n" || following === "\r") {
        throw new FilterError("bad_character", this.at);
      }
      if (following === "") throw new FilterError("open_quote", opened);
      read += following;
      this.at++;
    }
    this.at++;
    if (read === "") throw new FilterError("missing_value", opened);
    return read;
  }

  private refuseList(): void {
    if (this.sees(",&")) throw new FilterError("list_needs_field", this.at);
  }

  private until(ends: string): string {
    const start = this.at;
    while (this.at < this.text.length && !ends.includes(this.peek())) this.at++;
    return this.text.slice(start, this.at).join("");
  }

  /** Read spaces. Return whether there were any. */
  private spaces(): boolean {
    const start = this.at;
    while (this.sees(SPACES)) this.at++;
    return this.at > start;
  }

  /** Return whether the next character is one of these. */
  private sees(characters: string): boolean {
    const next = this.peek();
    return next !== "" && characters.includes(next);
  }

  /** Return the next character, or an empty text at the end. */
  private peek(): string {
    return this.text[this.at] ?? "";
  }
}

function plainValue(word: string): Value {
  const keyword = word.toLowerCase();
  return KEYWORDS.has(keyword) ? { text: keyword, keyword: true } : { text: word, keyword: false };
}

/** Return the group without parentheses that change nothing. */
function normal(joint: Joint, items: readonly (Condition | Group)[]): Group {
  const [first] = items;
  if (items.length === 1 && first !== undefined && isGroup(first)) return first;
  const opened = items.flatMap((one) =>
    isGroup(one) && (one.joint === joint || one.items.length === 1) ? one.items : [one],
  );
  return { joint, items: opened };
}
