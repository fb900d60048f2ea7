/** Runs one request at a time that the server may reject, and shows its result to the visitor. */
import type { DeviceTransferTexts } from "texts:device_transfer";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem, NetworkFailure } from "../../core/api";
import type { Language } from "../../i18n/language";

export { default as loaders } from "texts:device_transfer/lazy";

/** Return a text with the reason and the solution. Throws the cause again if it is not a failed request. */
export function errorMessage(cause: unknown, language: Language, words: DeviceTransferTexts): string {
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
  /** Empty after a successful attempt. */
  failure: string;
  /** Runs `action`, unless an attempt is running. */
  attempt: (action: () => Promise<void>) => Promise<void>;
}

export function useAttempts(language: Language, words: DeviceTransferTexts): Tries {
  const [failure, setFailure] = useState("");
  const runs = useRef(false);
  const attempt = async (action: () => Promise<void>) => {
    if (runs.current) return;
    runs.current = true;
    setFailure("");
    try {
      await action();
    } catch (cause) {
      setFailure(errorMessage(cause, language, words));
    } finally {
      runs.current = false;
    }
  };
  return { failure, attempt };
}

export interface StatusLineProps {
  /** "alert": the attempt failed. */
  role: "alert" | "status";
  /** Empty for no message. */
  text: string;
  id?: string;
  class?: string;
}

/** A line with the result of an attempt. It scrolls into view, because in a low window it may be hidden. */
export function StatusLine({ text, ...attributes }: StatusLineProps): JSX.Element {
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (text) line.current?.scrollIntoView({ block: "nearest" });
  }, [text]);
  return (
    <p {...attributes} ref={line}>
      {text}
    </p>
  );
}
