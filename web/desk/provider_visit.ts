/**
 * A sign-in at an OpenID provider: the browser leaves the desk and comes back. What elsewhere a cookie does, to know that
 * it is the same browser, the kept key does: only its proof ends what it began.
 */
import type { Api } from "../shared/api";
import { isProofKey, makeKey } from "../shared/proof";
import * as storage from "../shared/storage";
import type { InvitationUse, OidcFinishRequest, OidcStartResponse, SignInResponse } from "../shared/wire_account";
import { KeyCreationFailed } from "./sign_in_call";

type Pending = storage.ItemValues["deskPending"];
export type Purpose = Pending["purpose"];

/** What came back from a provider. `signIn`: who is signed in now, with which key; null where somebody was already. */
export interface Arrival {
  readonly purpose: Purpose;
  readonly back: string;
  readonly signIn: { readonly answer: SignInResponse; readonly key: Pending["key"] } | null;
}

/** This browser keeps nothing, so that it would not know itself again when it comes back. */
export class NothingStored extends Error {
  override readonly name = "NothingStored";
}

/** This browser did not begin the sign-in that comes back, or began it too long ago. */
export class NotBegunHere extends Error {
  override readonly name = "NotBegunHere";
}

/** Who came back to join by an invitation has not joined; its secret is not kept here. `cause`: what went wrong. */
export class JoiningFailed extends Error {
  override readonly name = "JoiningFailed";
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

const LIFETIME_MS = 10 * 60_000;
const RETURN_PATH = /^\/desk\/oidc\/([a-z0-9-]{1,32})\/?$/;

const isPending = (value: unknown): value is Pending =>
  typeof value === "object" && value !== null && "key" in value && isProofKey(value.key) && "provider" in value;

/**
 * Where to send the browser. The key is kept until it comes back, for ten minutes at most.
 *
 * @param back where in the desk the person is, to bring them back there
 * @param invitation by which the person joins, for that purpose
 * Throws KeyCreationFailed, NothingStored, ApiProblem or NetworkFailure.
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

/** What the provider put into the page's address; null when this page is not where a provider sends browsers to. */
export function readReturn(address: URL): URLSearchParams | null {
  if (!RETURN_PATH.test(address.pathname)) return null;
  return address.searchParams;
}

/**
 * Ends what was begun before the browser left. Take code and state out of the address before.
 *
 * Throws NotBegunHere, JoiningFailed, ApiProblem or NetworkFailure.
 */
export async function finishRedirect(api: Api, path: string, told: URLSearchParams): Promise<Arrival> {
  const pending = await storage.getValue("deskPending", {}, isPending);
  await storage.removeValue("deskPending", {});
  const provider = RETURN_PATH.exec(path)?.[1];
  if (!pending || pending.provider !== provider) throw new NotBegunHere();
  const request: OidcFinishRequest = {
    provider: pending.provider,
    state: told.get("state") ?? "",
    code: told.get("code") ?? "",
    iss: told.get("iss") ?? "",
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
  };
  const { key, purpose, back } = pending;
  if (needsSession(purpose)) {
    await api.post<null>(FINISHES[purpose], request);
    return { purpose, back, signIn: null };
  }
  const asked = api.post<SignInResponse>(FINISHES[purpose], request, { key });
  const answer = await asked.catch((cause) => {
    throw purpose === "invitation" ? new JoiningFailed("not joined", { cause }) : cause;
  });
  return { purpose, back, signIn: { answer, key } };
}
