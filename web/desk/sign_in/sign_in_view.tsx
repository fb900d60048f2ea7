import { useEffect, useState } from "preact/hooks";
import { type Api, ApiProblem } from "../../core/api";
import type { ProofKey } from "../../core/dpop";
import { importPart } from "../../core/import_part";
import { Button } from "../../ui/kit/button";
import { keyRound } from "../../ui/kit/icons";
import type { OidcProviderName } from "../../wire/account_wire";
import { useTranslations } from "../core/desk_context";
import { LazyPart } from "../core/lazy";
import { NoPasskey, passkeysWork, suggestsPasskeys } from "../core/passkey";
import { signInErrorMessage } from "../core/sign_in_error";
import { SignedOutCard } from "../ui/signed_out_card";
import { CodeForm } from "./code_form";
import { startRedirect } from "./oidc_redirect";
import { type CodeAsked, type NewSession, readProviders, signInWithPasskey } from "./sign_in_api";
import { SignInForm } from "./sign_in_form";

/** How long passkeys are suggested with one challenge, in milliseconds; the server accepts it for five minutes. */
const SUGGESTION_LIFE = 270_000;

/** The rejections of a chosen passkey. */
const CHOSEN = new Set(["passkey_refused", "ticket_gone"]);

interface Properties {
  /** The reason for this page, if it is not obvious. */
  readonly notice: string;
  /** The failure before this state, if any. */
  readonly failure?: unknown;
  /** False if the browser cannot create a key. */
  readonly secure: boolean;
  readonly api: Api;
  /** The key of a session that ended in this page. */
  readonly knownKey: ProofKey | null;
  readonly onEntered: (entered: NewSession) => Promise<void>;
}

const loadForgotten = importPart(() => import("./reset_request").then((it) => it.ResetRequest));

export function SignInView({ notice, failure, secure, api, knownKey, onEntered }: Properties) {
  const { words } = useTranslations();
  const [codeRequest, setCodeRequest] = useState<CodeAsked | null>(null);
  const [forgotten, setForgotten] = useState(false);
  if (forgotten) return <LazyPart load={loadForgotten} properties={{ api, onLeave: () => setForgotten(false) }} />;
  if (codeRequest) {
    return (
      <SignedOutCard title={words.codeTitle} hint={words.codeHint}>
        <CodeForm api={api} codeRequest={codeRequest} onEntered={onEntered} onStartAgain={() => setCodeRequest(null)} />
      </SignedOutCard>
    );
  }
  return (
    <SignedOutCard title={words.signIn} hint={words.signInHint} notice={notice}>
      {secure ? (
        <SignInMethodsView
          api={api}
          knownKey={knownKey}
          failure={failure}
          onEntered={onEntered}
          onAsked={setCodeRequest}
          onForgotten={() => setForgotten(true)}
        />
      ) : (
        <InsecurePage />
      )}
    </SignedOutCard>
  );
}

function InsecurePage() {
  const { words } = useTranslations();
  return (
    <div class="notice notice-warning">
      <p>
        <strong>{words.needsSecurePage}</strong>
      </p>
      <p>{words.needsSecurePageHint}</p>
    </div>
  );
}

interface WaysProperties extends Pick<Properties, "api" | "knownKey" | "failure" | "onEntered"> {
  readonly onAsked: (codeRequest: CodeAsked) => void;
  readonly onForgotten: () => void;
}

function SignInMethodsView({ api, knownKey, failure, onEntered, onAsked, onForgotten }: WaysProperties) {
  const { words, language } = useTranslations();
  const [refused, setRefused] = useState<unknown>(failure);
  const providers = useProviders(api);
  useSuggestedPasskey(api, onEntered, setRefused);
  const attempt = (action: () => Promise<void>) => () => {
    setRefused(undefined);
    action().catch(setRefused);
  };
  const usePasskey = attempt(async () => onEntered(await signInWithPasskey(api)));
  return (
    <>
      <SignInForm
        api={api}
        knownKey={knownKey}
        onEntered={onEntered}
        onCodeRequired={onAsked}
        onForgotten={onForgotten}
      />
      <div class="sign-in-others">
        {(passkeysWork() || providers.length > 0) && <p class="sign-in-or">{words.or}</p>}
        {passkeysWork() && (
          <Button icon={keyRound} onClick={usePasskey}>
            {words.usePasskey}
          </Button>
        )}
        {providers.map(({ id, name }) => (
          <Button
            key={id}
            onClick={attempt(async () => location.assign(await startRedirect(api, id, "sign-in", location.hash)))}
          >
            <bdi>{words.continueWith({ name })}</bdi>
          </Button>
        ))}
        <p class="form-failure" role="alert">
          {refused !== undefined && signInErrorMessage(refused, words, language)}
        </p>
      </div>
    </>
  );
}

function useProviders(api: Api): readonly OidcProviderName[] {
  const [providers, setProviders] = useState<readonly OidcProviderName[]>([]);
  useEffect(() => {
    // The password works without them. If the server is unreachable, the sign-in shows it.
    readProviders(api).then(setProviders, () => {});
  }, [api]);
  return providers;
}

const wasChosen = (cause: unknown): boolean => cause instanceof ApiProblem && CHOSEN.has(cause.code);

/** Return a signal that aborts with `ending` or after SUGGESTION_LIFE, and the function that releases its timer. */
function limited(ending: AbortSignal): { signal: AbortSignal; clear: () => void } {
  const late = new AbortController();
  const end = () => late.abort();
  ending.addEventListener("abort", end);
  const timer = setTimeout(end, SUGGESTION_LIFE);
  const clear = () => {
    clearTimeout(timer);
    ending.removeEventListener("abort", end);
  };
  return { signal: late.signal, clear };
}

/** Suggest passkeys in the email field while the page is shown. */
function useSuggestedPasskey(api: Api, onEntered: Properties["onEntered"], onRefused: (cause: unknown) => void): void {
  useEffect(() => {
    const ending = new AbortController();
    void suggestPasskeys(api, ending.signal, onEntered, onRefused);
    return () => ending.abort();
  }, [api]);
}

async function suggestPasskeys(
  api: Api,
  ending: AbortSignal,
  onEntered: Properties["onEntered"],
  onRefused: (cause: unknown) => void,
): Promise<void> {
  while (!ending.aborted && (await suggestsPasskeys())) {
    const late = limited(ending);
    try {
      await onEntered(await signInWithPasskey(api, { suggest: true, signal: late.signal }));
      return;
    } catch (cause) {
      // The user did not ask for suggestions. Only a failure of a chosen passkey is shown.
      if (!ending.aborted && wasChosen(cause)) onRefused(cause);
      // Another request (the button's) ends this one. If the server is unreachable, there is no second attempt.
      if (!(cause instanceof NoPasskey && late.signal.aborted)) return;
    } finally {
      late.clear();
    }
  }
}
