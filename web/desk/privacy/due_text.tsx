import type { PersonRequest } from "../../wire/request_wire";
import { useTranslations } from "../core/desk_context";
import type { PrivacyTexts } from "./privacy_texts";

interface Properties {
  readonly texts: PrivacyTexts;
  readonly request: PersonRequest;
}

/** When the answer is due, or when the request was closed. */
export function DueText({ texts, request }: Properties) {
  const { requests: words } = texts;
  const { language } = useTranslations();
  const format = (at: number) => new Date(at).toLocaleDateString(language, { dateStyle: "medium" });
  if (request.closed_at !== null) return <span>{words.closedOn({ date: format(request.closed_at) })}</span>;
  const late = request.due_at < Date.now();
  const date = format(request.due_at);
  return <span class={late ? "due-late" : ""}>{late ? words.overdue({ date }) : words.due({ date })}</span>;
}
