import { describe, expect, it } from "vitest";
import { readDate, writeDate } from "./policy_section";

describe("the date from which a second factor is required", () => {
  it("is the beginning of the day in the operator's time zone", () => {
    const time = readDate("2027-03-01");
    expect(time).toBe(new Date(2027, 2, 1).getTime());
    expect(writeDate(time)).toBe("2027-03-01");
  });

  it("may be absent", () => {
    expect(readDate("")).toBe(null);
    expect(writeDate(null)).toBe("");
  });
});
