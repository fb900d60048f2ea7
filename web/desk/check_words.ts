/** Texts of the connection check. Each language is a file of its own, loaded when it is spoken. */
import { importPart } from "../shared/import_part";
import type { CheckName, CheckState } from "./check_run";

export interface CheckWords {
  readonly intro: string;
  readonly running: string;
  readonly again: string;
  readonly result: Readonly<Record<CheckState, string>>;
  readonly names: Readonly<Record<CheckName, string>>;
  readonly fine: string;
  readonly fineAfter: (milliseconds: number) => string;
  /** What is so, when it is not as it should be. */
  readonly wrong: Readonly<Record<CheckName, string>>;
  /** What to do about it. */
  readonly advice: Readonly<Record<CheckName, string>>;
}

type Load = () => Promise<{ default: CheckWords }>;

const english = importPart(() => import("./check_words_en"));

const loaders: Record<string, Load> = {
  de: importPart(() => import("./check_words_de")),
  fr: importPart(() => import("./check_words_fr")),
  es: importPart(() => import("./check_words_es")),
  ar: importPart(() => import("./check_words_ar")),
};

/** The words of a language (a BCP 47 tag); English where they are not written yet. */
export async function loadCheckWords(tag: string): Promise<CheckWords> {
  const load = loaders[tag.toLowerCase().split("-")[0] ?? ""] ?? english;
  return (await load()).default;
}
