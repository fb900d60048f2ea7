import { ApiProblem, NetworkFailure } from "../shared/api";
import { KeyUnavailable } from "./desk_session";
import type { DeskWords } from "./desk_words";

/** Says what went wrong with a sign-in, and what to do, in the operator's language. */
export function tellSignInFailure(cause: unknown, words: DeskWords): string {
  if (cause instanceof KeyUnavailable) return words.needsSecurePageHint;
  if (cause instanceof NetworkFailure) return words.unreachable;
  if (!(cause instanceof ApiProblem)) return words.serverFault;
  if (cause.code === "wrong_sign_in") return words.wrongSignIn;
  if (cause.code === "invalid" || cause.code === "bad_text") return words.wrongSignIn;
  if (cause.code === "slow_down") return words.tooManyTries(Math.max(1, Math.ceil(cause.retryAfter)));
  return words.serverFault;
}
