/** The sign-in methods. All steps of one sign-in are signed with one new key, to which the session is then bound. */
import type { Api } from "../../core/api";
import { makeKey, type ProofKey } from "../../core/dpop";
import type {
  OidcProviderName,
  PasskeyOptions,
  SignInMethods,
  SignInResponse,
  SignInStep,
} from "../../wire/account_wire";
import { type AskOptions, askPasskey } from "../core/passkey";
import { KeyCreationFailed } from "../core/sign_in_failures";

/** A new session and its key. */
export interface NewSession {
  readonly answer: SignInResponse;
  readonly key: ProofKey;
}

/** The password was correct; a code is required too. */
export interface CodeAsked {
  readonly step: SignInStep;
  readonly key: ProofKey;
}

/** Return the browser's time zone, which is all that we learn of the user's location. */
export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

/** Return a new key. Throws KeyCreationFailed. */
export async function newKey(): Promise<ProofKey> {
  const key = await makeKey();
  if (!key) throw new KeyCreationFailed();
  return key;
}

/**
 * Return a session, or the information that a code is required too.
 *
 * @param knownKey the key of a session that ended in this page; without it a new one is created
 */
export async function signInWithPassword(
  api: Api,
  email: string,
  password: string,
  knownKey: ProofKey | null = null,
): Promise<NewSession | CodeAsked> {
  const key = knownKey ?? (await newKey());
  const body = { email, password, time_zone: timeZone() };
  const answer = await api.post<SignInResponse | SignInStep>("/v1/desk/sign-in", body, { key });
  return "one_time_token" in answer ? { step: answer, key } : { answer, key };
}

export async function signInWithCode(api: Api, { step, key }: CodeAsked, code: string): Promise<NewSession> {
  const body = { one_time_token: step.one_time_token, code, time_zone: timeZone() };
  return { answer: await api.post<SignInResponse>("/v1/desk/sign-in/code", body, { key }), key };
}

/** Return a session. Throws NoPasskey besides the failures of requests. */
export async function signInWithPasskey(api: Api, passkeyOptions: AskOptions = {}): Promise<NewSession> {
  const key = await newKey();
  const challenge = await api.post<PasskeyOptions>("/v1/desk/sign-in/passkey/options", {}, { key });
  const credential = await askPasskey(challenge.options, passkeyOptions);
  const body = { one_time_token: challenge.one_time_token, credential, time_zone: timeZone() };
  return { answer: await api.post<SignInResponse>("/v1/desk/sign-in/passkey", body, { key }), key };
}

export async function readProviders(api: Api): Promise<readonly OidcProviderName[]> {
  const ways = await api.request<SignInMethods>("GET", "/v1/desk/sign-in/methods", { signed: false });
  return ways.providers;
}
