import type { Status } from "../shared/wire";
import { useSpeech } from "./desk_context";

/** A conversation's status as a word; the shape before it is decoration, so that colour is never the only sign. */
export function StatusMark({ status }: { readonly status: Status }) {
  const { words } = useSpeech();
  return <span class={`status status-${status}`}>{words[status]}</span>;
}
