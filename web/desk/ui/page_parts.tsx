import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { useTranslations } from "../core/desk_context";
import { Failure } from "../core/failure_view";
import { usePageWords } from "../core/page_context";
import { DialogFrame } from "./dialog";
import { formatFullTime, formatTime } from "./format_time";
import { type Action, type Resource, useAction } from "./use_action";

interface SectionProperties {
  readonly title: string;
  /** Hides the heading, if the page's own has the same text. */
  readonly first?: boolean;
  readonly lead?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** A part of a page with its own heading. */
export function Section({ title, first = false, lead, children }: SectionProperties) {
  const id = useId();
  return (
    <section class={first ? "page-section page-first" : "page-section"} aria-labelledby={id}>
      <h2 id={id} class={first ? "hidden" : ""}>
        {title}
      </h2>
      {lead && <p class="page-lead">{lead}</p>}
      {children}
    </section>
  );
}

interface LoadingProperties<T> {
  readonly of: Resource<T>;
  readonly children: (value: T) => ComponentChildren;
}

/** Shows the loaded data, a loading message, or the failure with a button to retry. */
export function WhenReady<T>({ of, children }: LoadingProperties<T>) {
  const { words } = useTranslations();
  if (of.value !== null) return <>{children(of.value)}</>;
  if (of.failed) return <Failure text={words.pageFailed} onRetry={() => void of.reload()} />;
  return (
    <p class="page-loading" role="status">
      {words.loading}
    </p>
  );
}

/** The result of the last action. Screen readers announce a change. */
export function ActionStatus({ action }: { readonly action: Action }) {
  return (
    <>
      <p class="form-failure" role="alert">
        {action.failure}
      </p>
      <p class="form-done" role="status">
        {action.done}
      </p>
    </>
  );
}

/** A short time, with the full time as its tooltip. */
export function When({ at }: { readonly at: number }) {
  const { language } = useTranslations();
  return (
    <time dateTime={new Date(at).toISOString()} title={formatFullTime(at, language)}>
      {formatTime(at, Date.now(), language)}
    </time>
  );
}

interface ConfirmProperties {
  readonly title: string;
  readonly hint: ComponentChildren;
  /** The button that confirms. */
  readonly label: string;
  readonly action: () => Promise<unknown>;
  /** Texts for the server's codes here. */
  readonly errorTexts?: Readonly<Record<string, string>>;
  readonly onDone?: () => void;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

/** Asks for confirmation of an action that is hard to undo. */
export function ConfirmDialog({
  title,
  hint,
  label,
  action,
  errorTexts,
  onDone,
  onClose,
  children,
}: ConfirmProperties) {
  const words = usePageWords();
  const doing = useAction(errorTexts);
  const confirm = async (event: Event) => {
    event.preventDefault();
    if (!(await doing.run(action))) return;
    onDone?.();
    onClose();
  };
  return (
    <DialogFrame name="confirm" title={title} onClose={onClose}>
      <form class="page-form" onSubmit={confirm} noValidate>
        <p>{hint}</p>
        {children}
        <ActionStatus action={doing} />
        <div class="form-buttons">
          <Button kind="primary" type="submit" busy={doing.busy}>
            {label}
          </Button>
          <Button onClick={onClose}>{words.cancel}</Button>
        </div>
      </form>
    </DialogFrame>
  );
}

interface CopyProperties {
  readonly text: string;
  readonly label?: string;
}

export function CopyButton({ text, label }: CopyProperties) {
  const words = usePageWords();
  const [message, setMessage] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setMessage(words.copied),
      () => setMessage(words.copyFailed),
    );
  return (
    <span class="copy">
      <Button onClick={copy}>{label ?? words.copy}</Button>
      <span class="form-done" role="status">
        {message}
      </span>
    </span>
  );
}
