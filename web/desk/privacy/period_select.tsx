import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useTranslations } from "../core/desk_context";
import { usePageWords } from "../core/page_context";

const YEAR = 365;
/** The periods to choose from, in days. Another stored period is added. */
const PERIODS = [30, 90, 180, YEAR, 2 * YEAR, 3 * YEAR, 5 * YEAR, 10 * YEAR];

/** Return a number of days in the language, as whole years if it is some. */
export function periodText(days: number, language: string): string {
  const years = days % YEAR === 0;
  const format = new Intl.NumberFormat(language, {
    style: "unit",
    unit: years ? "year" : "day",
    unitDisplay: "long",
  });
  return format.format(years ? days / YEAR : days);
}

/** Days, null for never, or "inherit" for what applies otherwise. */
export type Period = number | null | "inherit";

interface Properties {
  readonly label: ComponentChildren;
  readonly hint?: string | undefined;
  readonly value: Period;
  /** The text of "inherit". Absent: it cannot be chosen. */
  readonly inherited?: string;
  /** Whether never can be chosen. */
  readonly never?: boolean;
  /** The shortest period. */
  readonly least?: number;
  readonly onChange: (value: Period) => void;
}

/** A rule with its period. */
export function PeriodSelect({ label, hint, value, inherited, never = false, least = 1, onChange }: Properties) {
  const { language } = useTranslations();
  const words = usePageWords();
  const id = useId();
  const offered = PERIODS.filter((days) => days >= least);
  const days =
    typeof value === "number" ? [...new Set([...offered, value])].sort((one, other) => one - other) : offered;
  const read = (text: string): Period => (text === "inherit" ? text : text === "never" ? null : Number(text));
  return (
    <div class="rule">
      <div class="rule-text">
        <label for={id}>{label}</label>
        {hint && <p id={`${id}-hint`}>{hint}</p>}
      </div>
      <select
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        value={value === null ? "never" : String(value)}
        onChange={(event) => onChange(read(event.currentTarget.value))}
      >
        {inherited !== undefined && <option value="inherit">{inherited}</option>}
        {never && <option value="never">{words.never}</option>}
        {days.map((one) => (
          <option key={one} value={String(one)}>
            {periodText(one, language)}
          </option>
        ))}
      </select>
    </div>
  );
}
