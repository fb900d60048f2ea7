/** One try at a time of what the server may refuse, and what the visitor is told of it. */
import deviceTransferTexts from "texts:device_transfer";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem, NetworkFailure } from "../shared/api";
import type { Language } from "../shared/words_choose";

/** Why it did not work, and what to do. What is no failure of a request is thrown on. */
export function errorMessage(cause: unknown, language: Language): string {
  const words = deviceTransferTexts[language];
  if (cause instanceof NetworkFailure) return words.offline;
  if (!(cause instanceof ApiProblem)) throw cause;
  if (cause.code === "slow_down") return words.slowDown({ wait: formatWait(cause.retryAfter, language) });
  const failures: Readonly<Record<string, string>> = words.failures;
  return failures[cause.code] ?? words.failed;
}

function formatWait(seconds: number, language: Language): string {
  const [amount, unit] =
    seconds > 90 ? [Math.ceil(seconds / 60), "minute"] : [Math.max(1, Math.ceil(seconds)), "second"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(amount);
}

export interface Tries {
  /** Empty when the last try went well. */
  failure: string;
  /** Runs `act`, unless one runs already. */
  attempt: (act: () => Promise<void>) => Promise<void>;
}

export function useTries(language: Language): Tries {
  const [failure, setFailure] = useState("");
  const runs = useRef(false);
  const attempt = async (act: () => Promise<void>) => {
    if (runs.current) return;
    runs.current = true;
    setFailure("");
    try {
      await act();
    } catch (cause) {
      setFailure(errorMessage(cause, language));
    } finally {
      runs.current = false;
    }
  };
  return { failure, attempt };
}

export interface ToldLineProps {
  /** "alert": it did not work. */
  role: "alert" | "status";
  /** Empty while there is nothing to say. */
  text: string;
  id?: string;
  class?: string;
}

/** A line that says what came of a try. It shows itself: in a low window it may stand below what is seen. */
export function ToldLine({ text, ...given }: ToldLineProps): JSX.Element {
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (text) line.current?.scrollIntoView({ block: "nearest" });
  }, [text]);
  return (
    <p {...given} ref={line}>
      {text}
    </p>
  );
}
