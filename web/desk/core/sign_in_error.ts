import type { DeskTexts } from "texts:desk";
import { ApiProblem, NetworkFailure } from "../../core/api";
import { NoPasskey } from "./passkey";
import { JoiningFailed, KeyCreationFailed, NotBegunHere, NothingStored } from "./sign_in_failures";

/** The text for each rejection of a sign-in. */
const TOLD = {
  wrong_sign_in: "wrongSignIn",
  invalid: "wrongSignIn",
  bad_text: "wrongSignIn",
  wrong_password: "wrongSignIn",
  wrong_code: "wrongCode",
  ticket_gone: "tookTooLong",
  passkey_refused: "passkeyRefused",
  provider_refused: "providerRefused",
  unknown_identity: "unknownIdentity",
  identity_taken: "identityTaken",
  provider_only: "providerOnly",
  second_factor_needed: "secondFactorNeeded",
  provider_away: "providerAway",
  busy: "busy",
} as const satisfies Record<string, keyof DeskTexts>;

/**
 * Return a text with the reason and the solution, in the operator's language.
 *
 * @param language BCP 47 tag for the waiting time
 */
export function signInErrorMessage(cause: unknown, words: DeskTexts, language: string): string {
  if (cause instanceof JoiningFailed)
    return `${signInErrorMessage(cause.cause, words, language)} ${words.invitationAgain}`;
  if (cause instanceof KeyCreationFailed) return words.needsSecurePageHint;
  if (cause instanceof NoPasskey) return words.noPasskey;
  if (cause instanceof NothingStored || cause instanceof NotBegunHere) return words.providerRefused;
  if (cause instanceof NetworkFailure) return words.unreachable;
  if (!(cause instanceof ApiProblem)) return words.serverFault;
  if (cause.code === "slow_down") return words.tooManyTries({ wait: formatWait(cause.retryAfter, language) });
  return Object.hasOwn(TOLD, cause.code) ? words[TOLD[cause.code as keyof typeof TOLD]] : words.serverFault;
}

/** Return the waiting time: "12 seconds", or "15 minutes" from two minutes on. */
export function formatWait(seconds: number, language: string): string {
  const [value, unit] = seconds < 120 ? [seconds, "second"] : [seconds / 60, "minute"];
  const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" });
  return format.format(Math.max(1, Math.ceil(value)));
}
