import { Button } from "../../ui/kit/button";
import { useTranslations } from "./desk_context";

interface Properties {
  /** The failure as a text. */
  readonly text: string;
  readonly onRetry: () => void;
}

/** Replaces content that could not be loaded: the reason, and a button to retry. */
export function Failure({ text, onRetry }: Properties) {
  const { words } = useTranslations();
  return (
    <div class="empty">
      <p class="empty-title" role="alert">
        {text}
      </p>
      <Button onClick={onRetry}>{words.tryAgain}</Button>
    </div>
  );
}
