/** The check of a link from an email or the console before it is used, and the properties of the views of such links. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Api, ApiProblem } from "../../core/api";
import { Button } from "../../ui/kit/button";
import { useTranslations } from "../core/desk_context";
import { usePageWords } from "../core/page_context";
import { SignedOutCard } from "../ui/signed_out_card";
import { errorMessage } from "../ui/use_action";
import type { NewSession } from "./sign_in_api";

/** Properties of the view of each kind of link. The secret is in memory only. */
export interface EntryProperties {
  readonly api: Api;
  readonly secret: string;
  readonly onEntered: (entered: NewSession) => Promise<void>;
  /** Leads to the sign-in, or back to the desk; `notice` gives the reason. */
  readonly onLeave: (notice?: string) => void;
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
        {!gone && <Button onClick={load}>{words.tryAgain}</Button>}
        <Button kind="primary" onClick={() => onLeave()}>
          {entry.toSignIn}
        </Button>
      </div>
    </SignedOutCard>
  );
}
