import type { ConversationSummary } from "../../wire/frames";
import { useTranslations } from "../core/desk_context";

/** A conversation's status as a word. The shape before it is decoration, so that colour is never the only sign. */
export function StatusMark({ of }: { readonly of: Pick<ConversationSummary, "status" | "waiting_since"> }) {
  const { words } = useTranslations();
  const shown = of.waiting_since !== null ? "waiting" : of.status === "closed" ? "closed" : "open";
  return <span class={`status status-${shown}`}>{words[shown]}</span>;
}
