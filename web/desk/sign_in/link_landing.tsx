import type { EntryLink } from "../core/desk_route";
import { WithPageWords } from "../core/page_context";
import { EmailEntry } from "./email_landing";
import { InviteEntry } from "./invite_landing";
import type { EntryProperties } from "./link_check";
import { ResetEntry } from "./reset_landing";
import { SetupEntry } from "./setup_landing";

interface Properties extends Omit<EntryProperties, "secret"> {
  readonly link: EntryLink;
}

const VIEWS = { setup: SetupEntry, invite: InviteEntry, reset: ResetEntry, email: EmailEntry };

/** The view for the link of an email, or of the console. */
export function EntryView({ link, ...props }: Properties) {
  const View = VIEWS[link.kind];
  return (
    <WithPageWords>
      <View key={link.secret} secret={link.secret} {...props} />
    </WithPageWords>
  );
}
