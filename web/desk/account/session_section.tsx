import { useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import type { SessionResponse } from "../../wire/account_wire";
import { usePage, usePageWords } from "../core/page_context";
import { ActionStatus, ConfirmDialog, Section, When } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import type { SecurityProperties } from "./security_properties";

/** The operator's sessions, with buttons to end them. */
export function SessionSection({ security, onChanged }: SecurityProperties) {
  const { security: words } = usePageWords();
  const { call } = usePage();
  const [asksAll, setAsksAll] = useState(false);
  const action = useAction();
  const end = (path: string, text: string) =>
    void action.run(async () => {
      await call.post(`/v1/desk/me/sessions/${path}`);
      await onChanged();
    }, text);
  const sessions = [...security.sessions].sort((one, other) => Number(other.current) - Number(one.current));
  return (
    <Section title={words.sessions}>
      <ul class="page-list">
        {sessions.map((session) => (
          <SessionRow key={session.id} session={session} onEnd={() => end(`${session.id}/end`, words.ended)} />
        ))}
      </ul>
      <div class="form-buttons">
        {sessions.length > 1 && (
          <Button onClick={() => end("end-others", words.othersEnded)}>{words.endOthersAll}</Button>
        )}
        <Button onClick={() => setAsksAll(true)}>{words.endAll}</Button>
      </div>
      <ActionStatus action={action} />
      {asksAll && (
        <ConfirmDialog
          title={words.endAllAsk}
          hint={words.endAllHint}
          label={words.endAll}
          action={() => call.post("/v1/desk/me/sessions/end-all")}
          onClose={() => setAsksAll(false)}
        />
      )}
    </Section>
  );
}

interface RowProperties {
  readonly session: SessionResponse;
  readonly onEnd: () => void;
}

function SessionRow({ session, onEnd }: RowProperties) {
  const { security: words } = usePageWords();
  return (
    <li>
      <div class="page-list-text">
        <strong>
          <bdi>{session.device}</bdi> {session.current && <span class="mark">{words.thisOne}</span>}
        </strong>
        <span>
          <bdi>{session.time_zone_name || words.unknownPlace}</bdi> · {words.created}: <When at={session.created_at} />{" "}
          · {words.lastSeen}: <When at={session.last_seen_at} />
        </span>
      </div>
      {!session.current && (
        <Button kind="quiet" onClick={onEnd}>
          {words.end} <span class="hidden">{session.device}</span>
        </Button>
      )}
    </li>
  );
}
