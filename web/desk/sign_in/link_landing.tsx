import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Api, ApiProblem } from "../../core/api";
import { useTranslations } from "../core/desk_context";
import type { EntryLink } from "../core/desk_route";
import { usePageWords, WithPageWords } from "../core/page_context";
import { SignedOutCard } from "../ui/signed_out_card";
import { errorMessage } from "../ui/use_action";
import { EmailEntry } from "./email_landing";
import { InviteEntry } from "./invite_landing";
import { ResetEntry } from "./reset_landing";
import { SetupEntry } from "./setup_landing";
import type { NewSession } from "./sign_in_api";

/** Properties of the view of each kind of link. The secret is in memory only. */
export interface EntryProperties {
  readonly api: Api;
  readonly secret: string;
  readonly onEntered: (entered: NewSession) => Promise<void>;
  /** Leads to the sign-in, or back to the desk; `notice` gives the reason. */
  readonly onLeave: (notice?: string) => void;
}

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

interface ReadProperties<T> extends Pick<EntryProperties, "onLeave"> {
  readonly read: () => Promise<T>;
  readonly children: (value: T) => ComponentChildren;
}

/** Loads the purpose of the link without using it up, and shows a message if it is no longer valid. */
export function WhenLinkWorks<T>({ read, onLeave, children }: ReadProperties<T>) {
  const { words, language } = useTranslations();
  const pageWords = usePageWords();
  const { entry } = pageWords;
  const [loaded, setLoaded] = useState<{ value: T } | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const load = () => {
    setFailure(null);
    read().then((value) => setLoaded({ value }), setFailure);
  };
  useEffect(load, []);
  if (loaded) return <>{children(loaded.value)}</>;
  if (failure === null) return <SignedOutCard title={entry.checking}>{null}</SignedOutCard>;
  const gone = failure instanceof ApiProblem && failure.status < 500 && failure.status !== 429;
  return (
    <SignedOutCard
      title={gone ? entry.linkGone : words.pageFailed}
      hint={gone ? entry.linkGoneHint : errorMessage(failure, words, pageWords, language)}
    >
      <div class="sign-in-form">
        {!gone && (
          <button type="button" class="button" onClick={load}>
            {words.tryAgain}
          </button>
        )}
        <button type="button" class="button button-primary" onClick={() => onLeave()}>
          {entry.toSignIn}
        </button>
      </div>
    </SignedOutCard>
  );
}
