import { useTranslations } from "./desk_context";

interface Properties {
  /** What happened. */
  readonly text: string;
  readonly onRetry: () => void;
}

/** In place of what could not be loaded: what happened, and a way to try again. */
export function Failure({ text, onRetry }: Properties) {
  const { words } = useTranslations();
  return (
    <div class="empty">
      <p class="empty-title" role="alert">
        {text}
      </p>
      <button type="button" class="button" onClick={onRetry}>
        {words.tryAgain}
      </button>
    </div>
  );
}
