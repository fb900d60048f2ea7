/** The server's part of "Your data": a visitor's conversations, to export and to erase. */
import type { StoredDataTexts } from "texts:stored_data";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type Api, ApiProblem } from "../core/api";
import type { ErasedResponse, VisitorExport } from "../wire/privacy_wire";
import { ConfirmButton } from "./confirm_button";
import { downloadJson } from "./stored_data_list";

export interface StoredConversationsProps {
  /** Uses the visitor's session. */
  api: Api;
  words: StoredDataTexts;
  say: (text: string) => void;
  /** The server has erased the conversations and deleted the session. */
  onErased: () => void | Promise<void>;
}

export function StoredConversations({ api, words, say, onErased }: StoredConversationsProps): JSX.Element {
  const [busy, setBusy] = useState(false);
  const attempt = async (action: () => Promise<string>) => {
    if (busy) return;
    setBusy(true);
    say(words.working);
    say(await action().catch((cause: unknown) => failureText(cause, words)));
    setBusy(false);
  };
  const exportThem = async () => {
    const all = await api.get<VisitorExport>("/v1/visitor/export");
    downloadJson("conversations.json", JSON.stringify(all, null, 2));
    return "";
  };
  const erase = async () => {
    const { conversations, messages } = await api.post<ErasedResponse>("/v1/visitor/erase", {});
    await onErased();
    return words.erased({ conversations, messages });
  };
  return (
    <section class="kept-server">
      <h3>{words.conversations}</h3>
      <p>{words.conversationsHint}</p>
      <div class="kept-acts">
        <button type="button" class="kept-button" onClick={() => void attempt(exportThem)}>
          {words.exportConversations}
        </button>
        <ConfirmButton
          label={words.erase}
          question={words.eraseAsk}
          yes={words.eraseYes}
          cancel={words.cancel}
          onYes={() => attempt(erase)}
        />
      </div>
    </section>
  );
}

function failureText(cause: unknown, words: StoredDataTexts): string {
  return cause instanceof ApiProblem && cause.status === 401 ? words.sessionOver : words.failed;
}
