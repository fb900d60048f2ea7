import { describe, expect, test } from "vitest";
import filterCases from "../../tests/support/filter_cases.json";
import { parseFilter } from "./filter_parse";
import { type Condition, FilterError, type Group, isGroup, MESSAGES, printFilter, type Value } from "./filter_syntax";

interface FilterCase {
  readonly text: string;
  readonly canonical?: string;
  readonly filter?: unknown;
  readonly error?: { readonly code: string; readonly position: number; readonly message: string };
}

// The browser's tests and tests/unit/filters/test_filter_parse.py read the same cases.
const cases: readonly FilterCase[] = filterCases;

function shownValue({ text, keyword }: Value): unknown {
  return keyword ? { keyword: text } : text;
}

function shownCondition({ field, operator, values, negated }: Condition): unknown {
  const condition = { field, operator, values: values.map(shownValue) };
  return negated ? { ...condition, not: true } : condition;
}

/** Return the filter in the form that the cases have. */
function shown(group: Group): unknown {
  return { [group.joint]: group.items.map((one) => (isGroup(one) ? shown(one) : shownCondition(one))) };
}

function outcome(text: string): unknown {
  try {
    const filter = parseFilter(text);
    return { text, canonical: printFilter(filter), filter: shown(filter) };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return { text, error: { code: error.code, position: error.position, message: error.message } };
  }
}

describe("the parser", () => {
  test.each(cases)("agrees with the server: $text", (one) => {
    expect(outcome(one.text)).toEqual(one);
  });

  test("reads its canonical text as the same filter", () => {
    for (const { canonical, filter } of cases) {
      if (canonical === undefined) continue;
      expect(outcome(canonical)).toEqual({ text: canonical, canonical, filter });
    }
  });

  test("has a case for each error", () => {
    const codes = cases.flatMap(({ error }) => (error === undefined ? [] : [error.code]));
    expect(new Set(codes)).toEqual(new Set(Object.keys(MESSAGES)));
    expect(cases.length).toBeGreaterThan(200);
  });
});
