import { useEffect, useState } from "preact/hooks";
import { type Api, ApiProblem } from "../shared/api";
import { CodeForm } from "./code_form";
import { useSpeech } from "./desk_context";
import { LazyPart } from "./lazy_part";
import { OtherWays, useProviders } from "./other_ways";
import { NoPasskey, passkeysWork, suggestsPasskeys } from "./passkey_ask";
import { leaveFor } from "./provider_visit";
import { type CodeAsked, type Entered, signInWithPasskey } from "./sign_in_call";
import { tellSignInFailure } from "./sign_in_failure";
import { SignInForm } from "./sign_in_form";
import { SignedOutCard } from "./signed_out_card";

/** For how long passkeys are suggested by one challenge, in milliseconds; the server takes it for five minutes. */
const SUGGESTION_LIFE = 270_000;

/** How a passkey that was chosen may be refused. */
const CHOSEN = new Set(["passkey_refused", "ticket_gone"]);

interface Properties {
  /** Why the person is here, when it is not obvious. */
  readonly notice: string;
  /** What went wrong on the way here. */
  readonly failure?: unknown;
  /** False where the browser cannot make a key. */
  readonly secure: boolean;
  readonly api: Api;
  readonly onEntered: (entered: Entered) => Promise<void>;
}

const loadForgotten = async () => (await import("./pages/reset_request")).ResetRequest;

export function SignInView({ notice, failure, secure, api, onEntered }: Properties) {
  const { words } = useSpeech();
  const [asked, setAsked] = useState<CodeAsked | null>(null);
  const [forgotten, setForgotten] = useState(false);
  if (forgotten) return <LazyPart load={loadForgotten} given={{ api, onLeave: () => setForgotten(false) }} />;
  if (asked) {
    return (
      <SignedOutCard title={words.codeTitle} hint={words.codeHint}>
        <CodeForm api={api} asked={asked} onEntered={onEntered} onStartAgain={() => setAsked(null)} />
      </SignedOutCard>
    );
  }
  return (
    <SignedOutCard title={words.signIn} hint={words.signInHint} notice={notice}>
      {secure ? (
        <SignInWays
          api={api}
          failure={failure}
          onEntered={onEntered}
          onAsked={setAsked}
          onForgotten={() => setForgotten(true)}
        />
      ) : (
        <InsecurePage />
      )}
    </SignedOutCard>
  );
}

function InsecurePage() {
  const { words } = useSpeech();
  return (
    <div class="notice notice-warning">
      <p>
        <strong>{words.needsSecurePage}</strong>
      </p>
      <p>{words.needsSecurePageHint}</p>
    </div>
  );
}

interface WaysProperties extends Pick<Properties, "api" | "failure" | "onEntered"> {
  readonly onAsked: (asked: CodeAsked) => void;
  readonly onForgotten: () => void;
}

function SignInWays({ api, failure, onEntered, onAsked, onForgotten }: WaysProperties) {
  const { words, language } = useSpeech();
  const [refused, setRefused] = useState<unknown>(failure);
  const providers = useProviders(api);
  useSuggestedPasskey(api, onEntered, setRefused);
  const attempt = (act: () => Promise<void>) => () => {
    setRefused(undefined);
    act().catch(setRefused);
  };
  return (
    <>
      <SignInForm api={api} onEntered={onEntered} onAsked={onAsked} onForgotten={onForgotten} />
      <OtherWays
        passkey={passkeysWork()}
        providers={providers}
        onPasskey={attempt(async () => onEntered(await signInWithPasskey(api)))}
        onProvider={(id) => attempt(async () => location.assign(await leaveFor(api, id, "sign-in", location.hash)))()}
      >
        <p class="form-failure" role="alert">
          {refused !== undefined && tellSignInFailure(refused, words, language)}
        </p>
      </OtherWays>
    </>
  );
}

/** Passkeys among the suggestions of the e-mail field, for as long as the page is asked to sign in. */
function useSuggestedPasskey(api: Api, onEntered: Properties["onEntered"], onRefused: (cause: unknown) => void): void {
  useEffect(() => {
    const ending = new AbortController();
    const suggest = async () => {
      while (!ending.signal.aborted && (await suggestsPasskeys())) {
        const late = new AbortController();
        const end = () => late.abort();
        ending.signal.addEventListener("abort", end);
        const timer = setTimeout(end, SUGGESTION_LIFE);
        try {
          await onEntered(await signInWithPasskey(api, { suggest: true, signal: late.signal }));
          return;
        } catch (cause) {
          if (ending.signal.aborted) return;
          // Nobody has asked for suggestions: only what happened to a passkey that was chosen is worth a word.
          if (cause instanceof ApiProblem && CHOSEN.has(cause.code)) return onRefused(cause);
          // Another asking (the button's) ends this one, and a server that is away cannot be asked: no second try.
          if (!(cause instanceof NoPasskey && late.signal.aborted)) return;
        } finally {
          clearTimeout(timer);
          ending.signal.removeEventListener("abort", end);
        }
      }
    };
    void suggest();
    return () => ending.abort();
  }, [api]);
}
