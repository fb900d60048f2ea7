import words from "texts:desk/en";
import { expect, it } from "vitest";
import { ApiProblem, NetworkFailure } from "../../core/api";
import { NoPasskey } from "./passkey";
import { signInErrorMessage } from "./sign_in_error";
import { JoiningFailed, KeyCreationFailed, NotBegunHere, NothingStored } from "./sign_in_failures";

const problem = (code: string, status: number, retryAfter = 0) => new ApiProblem(code, code, "", status, retryAfter);

it.each([
  [problem("wrong_sign_in", 401), words.wrongSignIn],
  [problem("invalid", 400), words.wrongSignIn],
  [problem("slow_down", 429, 11.2), words.tooManyTries({ wait: "12 seconds" })],
  [problem("slow_down", 429), words.tooManyTries({ wait: "1 second" })],
  [problem("slow_down", 429, 840), words.tooManyTries({ wait: "14 minutes" })],
  [problem("wrong_code", 400), words.wrongCode],
  [problem("ticket_gone", 410), words.tookTooLong],
  [problem("passkey_refused", 401), words.passkeyRefused],
  [problem("unknown_identity", 401), words.unknownIdentity],
  [problem("identity_taken", 409), words.identityTaken],
  [
    new JoiningFailed("", { cause: problem("provider_refused", 401) }),
    `${words.providerRefused} ${words.invitationAgain}`,
  ],
  [problem("constructor", 400), words.serverFault],
  [new NoPasskey("closed"), words.noPasskey],
  [new NothingStored(), words.providerRefused],
  [new NotBegunHere(), words.providerRefused],
  [problem("internal", 500), words.serverFault],
  [new NetworkFailure("gone"), words.unreachable],
  [new KeyCreationFailed(), words.needsSecurePageHint],
  [new TypeError("ours"), words.serverFault],
])("%s becomes a sentence with the solution", (cause, said) => {
  expect(signInErrorMessage(cause, words, "en")).toBe(said);
});
