import { expect, it } from "vitest";
import { ApiProblem, NetworkFailure } from "../shared/api";
import { KeyUnavailable } from "./desk_session";
import { deskWords } from "./desk_words";
import { tellSignInFailure } from "./sign_in_failure";

const words = deskWords.en;
const problem = (code: string, status: number, retryAfter = 0) => new ApiProblem(code, code, "", status, retryAfter);

it.each([
  [problem("wrong_sign_in", 401), words.wrongSignIn],
  [problem("invalid", 400), words.wrongSignIn],
  [problem("slow_down", 429, 11.2), words.tooManyTries(12)],
  [problem("slow_down", 429), words.tooManyTries(1)],
  [problem("internal", 500), words.serverFault],
  [new NetworkFailure("gone"), words.unreachable],
  [new KeyUnavailable(), words.needsSecurePageHint],
  [new TypeError("ours"), words.serverFault],
])("tells %s as a sentence that says what to do", (cause, said) => {
  expect(tellSignInFailure(cause, words)).toBe(said);
});
