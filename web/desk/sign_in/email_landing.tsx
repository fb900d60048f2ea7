import { Button } from "../../ui/kit/button";
import { usePageWords } from "../core/page_context";
import { ActionStatus } from "../ui/page_parts";
import { SignedOutCard } from "../ui/signed_out_card";
import { useAction } from "../ui/use_action";
import type { EntryProperties } from "./link_check";

/** Confirms a new email address. Opening the link alone has no effect, because scanners of emails open links too. */
export function EmailEntry({ api, secret, onLeave }: EntryProperties) {
  const { entry } = usePageWords();
  const action = useAction();
  const confirm = async (event: Event) => {
    event.preventDefault();
    const done = await action.run(() => api.post("/v1/email/confirm", { secret }, { signed: false }));
    if (done) onLeave(entry.emailConfirmed);
  };
  return (
    <SignedOutCard title={entry.emailTitle} hint={entry.emailLead}>
      <form class="sign-in-form" onSubmit={confirm} noValidate>
        <ActionStatus action={action} />
        <Button kind="primary" type="submit" busy={action.busy}>
          {entry.confirmEmail}
        </Button>
        <Button kind="quiet" onClick={() => onLeave()}>
          {entry.toSignIn}
        </Button>
      </form>
    </SignedOutCard>
  );
}
