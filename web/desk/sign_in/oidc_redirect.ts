/**
 * A sign-in at an OpenID provider: the browser leaves the desk and comes back. A stored key replaces the usual cookie: only its
 * proof can finish the flow, which shows that it is the same browser.
 */

import * as v from "valibot";
import type { Api } from "../../core/api";
import { isProofKey, makeKey } from "../../core/dpop";
import { MINUTE_MS } from "../../core/time_units";
import * as storage from "../../storage/storage";
import type { InvitationUse, OidcFinishRequest, OidcStartResponse, SignInResponse } from "../../wire/account_wire";
import { JoiningFailed, KeyCreationFailed, NotBegunHere, NothingStored } from "../core/sign_in_failures";

type Pending = storage.ItemValues["deskPending"];
export type Purpose = Pending["purpose"];

/**
 * The result of the return from a provider. `signIn`: the new session with its key; null if the operator was already signed in.
 */
export interface Arrival {
  readonly purpose: Purpose;
  readonly back: string;
  readonly signIn: { readonly answer: SignInResponse; readonly key: Pending["key"] } | null;
}

const STARTS: Readonly<Record<Purpose, string>> = {
  "sign-in": "/v1/desk/sign-in/oidc/start",
  invitation: "/v1/desk/sign-in/oidc/start",
  link: "/v1/desk/me/oidc-accounts/start",
  "step-up": "/v1/desk/step-up/oidc/start",
};

const FINISHES: Readonly<Record<Purpose, string>> = {
  "sign-in": "/v1/desk/sign-in/oidc/finish",
  invitation: "/v1/desk/sign-in/oidc/finish",
  link: "/v1/desk/me/oidc-accounts/finish",
  "step-up": "/v1/desk/step-up/oidc/finish",
};

const needsSession = (purpose: Purpose): boolean => purpose === "link" || purpose === "step-up";

const LIFETIME_MS = 10 * MINUTE_MS;
const RETURN_PATH = /^\/desk\/oidc\/([a-z0-9-]{1,32})\/?$/;

const pendingSignIn = v.object({
  key: v.custom(isProofKey),
  provider: v.string(),
  purpose: v.picklist(["sign-in", "invitation", "link", "step-up"]),
  back: v.string(),
});
const isPending = (value: unknown): value is Pending => v.is(pendingSignIn, value);

/**
 * Return the provider's address for the browser. The key is stored until the browser comes back, for ten minutes at most. Throws
 * KeyCreationFailed, NothingStored, ApiProblem or NetworkFailure.
 *
 * @param back the current route in the desk, to return to
 * @param invitation the invitation to accept, for that purpose
 */
export async function startRedirect(
  api: Api,
  provider: string,
  purpose: Purpose,
  back: string,
  invitation?: InvitationUse,
): Promise<string> {
  const signedIn = needsSession(purpose);
  const key = signedIn ? (api.session?.key ?? null) : await makeKey();
  if (!key) throw new KeyCreationFailed();
  const pending: Pending = { key, provider, purpose, back };
  if ((await storage.setValue("deskPending", {}, pending, LIFETIME_MS)) !== "device") throw new NothingStored();
  const body = invitation ? { provider, invitation } : { provider };
  const { location } = await api.post<OidcStartResponse>(STARTS[purpose], body, signedIn ? {} : { key });
  return location;
}

/** Return the provider's parameters in the page's address; null if this page is not a redirect target. */
export function readReturn(address: URL): URLSearchParams | null {
  if (!RETURN_PATH.test(address.pathname)) return null;
  return address.searchParams;
}

/**
 * Finish the flow that began before the browser left. Remove code and state from the address before. Throws NotBegunHere,
 * JoiningFailed, ApiProblem or NetworkFailure.
 */
export async function finishRedirect(api: Api, path: string, parameters: URLSearchParams): Promise<Arrival> {
  const pending = await storage.getValue("deskPending", {}, isPending);
  await storage.removeValue("deskPending", {});
  const provider = RETURN_PATH.exec(path)?.[1];
  if (!pending || pending.provider !== provider) throw new NotBegunHere();
  const request: OidcFinishRequest = {
    provider: pending.provider,
    state: parameters.get("state") ?? "",
    code: parameters.get("code") ?? "",
    iss: parameters.get("iss") ?? "",
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
  };
  const { key, purpose, back } = pending;
  if (needsSession(purpose)) {
    await api.post<null>(FINISHES[purpose], request);
    return { purpose, back, signIn: null };
  }
  const answer = await api.post<SignInResponse>(FINISHES[purpose], request, { key }).catch((cause) => {
    throw purpose === "invitation" ? new JoiningFailed("not joined", { cause }) : cause;
  });
  return { purpose, back, signIn: { answer, key } };
}
