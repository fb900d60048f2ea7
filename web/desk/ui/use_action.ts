/** Loads a page's data and runs its actions. A failure becomes a text, shown once. */

import type { DeskTexts } from "texts:desk";
import type { DeskPagesTexts } from "texts:desk_pages";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem } from "../../core/api";
import { StepUpCancelled } from "../core/desk_api";
import { useTranslations } from "../core/desk_context";
import { usePageWords } from "../core/page_context";
import { NoPasskey } from "../core/passkey";
import { signInErrorMessage } from "../core/sign_in_error";

/** Return a text with the reason and the solution; empty if no message is needed. */
export function errorMessage(cause: unknown, words: DeskTexts, pageWords: DeskPagesTexts, language: string): string {
  if (cause instanceof StepUpCancelled) return "";
  if (cause instanceof NoPasskey) return words.noPasskey;
  const code = cause instanceof ApiProblem ? cause.code : "";
  const faults: Readonly<Record<string, string>> = pageWords.faults;
  return (Object.hasOwn(faults, code) && faults[code]) || signInErrorMessage(cause, words, language);
}

export interface Resource<T> {
  readonly value: T | null;
  readonly failed: boolean;
  /** Loads it again. The old data is shown in the meantime. */
  readonly reload: () => Promise<void>;
  readonly put: (value: T) => void;
}

/** Load data when the part is first shown, and again when a dependency changes. */
export function useResource<T>(load: () => Promise<T>, depends: readonly unknown[] = []): Resource<T> {
  const [value, setValue] = useState<T | null>(null);
  const [failed, setFailed] = useState(false);
  const turn = useRef(0);
  const reload = async () => {
    const own = ++turn.current;
    setFailed(false);
    try {
      const loaded = await load();
      if (own === turn.current) setValue(() => loaded);
    } catch {
      if (own === turn.current) setFailed(true);
    }
  };
  useEffect(() => {
    void reload();
    return () => {
      turn.current++;
    };
  }, depends);
  return { value, failed, reload, put: (next) => setValue(() => next) };
}

export interface Action {
  readonly busy: boolean;
  /** The last failure; empty for none. */
  readonly failure: string;
  /** The server's code for it. */
  readonly code: string;
  /** The text for the last completed action. */
  readonly done: string;
  /** Runs an action unless one is running, and shows `done` afterwards. Returns whether it succeeded. */
  readonly run: (action: () => Promise<unknown>, done?: string) => Promise<boolean>;
  readonly say: (failure: string) => void;
}

/**
 * Run one action at a time and store its result.
 *
 * @param errorTexts texts for the server's codes that have a special meaning here
 */
export function useAction(errorTexts: Readonly<Record<string, string>> = {}): Action {
  const { words, language } = useTranslations();
  const pageWords = usePageWords();
  const [state, setState] = useState({ busy: false, failure: "", code: "", done: "" });
  const busy = useRef(false);
  const run = async (action: () => Promise<unknown>, done = "") => {
    if (busy.current) return false;
    busy.current = true;
    setState({ busy: true, failure: "", code: "", done: "" });
    try {
      await action();
      setState({ busy: false, failure: "", code: "", done });
      return true;
    } catch (cause) {
      const code = cause instanceof ApiProblem ? cause.code : "";
      const failure = errorTexts[code] ?? errorMessage(cause, words, pageWords, language);
      setState({ busy: false, failure, code, done: "" });
      return false;
    } finally {
      busy.current = false;
    }
  };
  return { ...state, run, say: (failure) => setState({ busy: false, failure, code: "", done: "" }) };
}
