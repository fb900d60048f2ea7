import { useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import type { PendingInvitation } from "../../wire/people_wire";
import { useTranslations } from "../core/desk_context";
import { usePage, usePageWords } from "../core/page_context";
import { formatMoment } from "../ui/format_time";
import { ActionStatus, ConfirmDialog, Section } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import type { PeopleProperties } from "./people_properties";

/** Pending invitations. */
export function InvitationSection({ view, onDone }: PeopleProperties) {
  const { people: words } = usePageWords();
  const { call } = usePage();
  const [revoking, setRevoking] = useState<PendingInvitation | null>(null);
  const action = useAction();
  const resend = async ({ id }: PendingInvitation) => {
    if (await action.run(() => call.post(`/v1/desk/invitations/${id}/resend`))) onDone(words.resent);
  };
  return (
    <Section title={words.pending} lead={view.invitations.length === 0 ? words.noPending : undefined}>
      {view.invitations.length > 0 && (
        <ul class="page-list">
          {view.invitations.map((invitation) => (
            <InvitationRow
              key={invitation.id}
              invitation={invitation}
              onResend={() => void resend(invitation)}
              onRevoke={() => setRevoking(invitation)}
            />
          ))}
        </ul>
      )}
      <ActionStatus action={action} />
      {revoking && (
        <ConfirmDialog
          title={words.revokeAsk({ email: revoking.email })}
          hint={words.revokeHint}
          label={words.revoke}
          action={() => call.post(`/v1/desk/invitations/${revoking.id}/revoke`)}
          onDone={() => onDone(words.revoked)}
          onClose={() => setRevoking(null)}
        />
      )}
    </Section>
  );
}

interface RowProperties {
  readonly invitation: PendingInvitation;
  readonly onResend: () => void;
  readonly onRevoke: () => void;
}

function InvitationRow({ invitation, onResend, onRevoke }: RowProperties) {
  const { people: words, roles } = usePageWords();
  const { language } = useTranslations();
  const { email, role, invited_by, expires_at } = invitation;
  const old = expires_at < Date.now();
  return (
    <li>
      <div class="page-list-text">
        <strong>
          <bdi>{email}</bdi>
        </strong>
        <span>
          {roles[role]} · {words.invitedBy}: <bdi>{invited_by}</bdi> ·{" "}
          {old ? words.expired : `${words.expires}: ${formatMoment(expires_at, language)}`}
        </span>
      </div>
      <div class="page-list-acts">
        <Button kind="quiet" onClick={onResend}>
          {words.resend} <span class="hidden">{email}</span>
        </Button>
        <Button kind="quiet" onClick={onRevoke}>
          {words.revoke} <span class="hidden">{email}</span>
        </Button>
      </div>
    </li>
  );
}
