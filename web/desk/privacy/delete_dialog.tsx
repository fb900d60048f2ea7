import type { DeskApi } from "../core/desk_api";
import { WithPageWords } from "../core/page_context";
import { ConfirmDialog } from "../ui/page_parts";
import { ExportBy } from "./export_button";
import { WithPrivacyTexts } from "./privacy_texts";

interface Properties {
  readonly call: DeskApi;
  readonly conversation: string;
  /** Whether the whole visitor is deleted, or only the conversation. */
  readonly whole: boolean;
  readonly onClose: () => void;
}

/** Asks whether a conversation, or its visitor with all conversations, is deleted. It offers an export first. */
export function DeleteDialog({ call, conversation, whole, onClose }: Properties) {
  const path = `/v1/desk/conversations/${conversation}${whole ? "/visitor" : ""}`;
  return (
    <WithPageWords>
      <WithPrivacyTexts>
        {({ deletion: words }) => (
          <ConfirmDialog
            title={whole ? words.visitorAsk : words.conversationAsk}
            hint={whole ? words.visitorHint : words.conversationHint}
            label={whole ? words.visitor : words.conversation}
            action={() => call.post(`${path}/delete`)}
            onClose={onClose}
          >
            <p class="page-note">{words.exportFirst}</p>
            <ExportBy call={call} label={words.export} path={`${path}/export`} />
          </ConfirmDialog>
        )}
      </WithPrivacyTexts>
    </WithPageWords>
  );
}
