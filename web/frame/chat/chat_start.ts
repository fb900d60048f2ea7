/** The visitor's first message: creates the key, then the session, and repeats the request until a response arrives. */
import { type Api, ApiProblem, NetworkFailure } from "../../core/api";
import { makeKey } from "../../core/dpop";
import { uuid7 } from "../../core/ids";
import { importPart } from "../../core/import_part";
import type { PendingCommand } from "../../messages/pending_command";
import { backoff, onReconnectHint } from "../../stream/stream_backoff";
import type { StartResponse } from "../../wire/conversation_wire";
import type { ChatKey } from "./chat_storage";

/** Return a chat that has not begun, with its own key where the browser can create one. */
export async function newChat(): Promise<ChatKey> {
  const key = await makeKey();
  const chat = { token: "", expiresAt: 0, visitor: "", conversation: "", keyId: key && uuid7(), key };
  return key ? chat : { ...chat, claim: uuid7() + uuid7() };
}

/** The result of one attempt. */
export type StartOutcome =
  | { kind: "started"; answer: StartResponse }
  | { kind: "refused"; code: string }
  /** Try again after this many ms. */
  | { kind: "later"; wait: number };

/** Problems that another attempt may solve, besides status 429 and 5xx. */
const RETRYABLE = new Set(["use_dpop_nonce", "invalid_proof"]);

/**
 * Send the first message once. A repeat with the same key and ID returns the same visitor and conversation.
 *
 * @param attempt failed attempts so far, for the wait
 */
export async function startOnce(
  api: Api,
  chat: ChatKey,
  first: PendingCommand,
  page: { site: string; origin: string; consent: string | null; identity?: string | undefined; work?: string },
  attempt: number,
): Promise<StartOutcome> {
  const { origin, ...rest } = page;
  const request = { ...rest, id: first.id, text: first.text, page_origin: origin, claim: chat.claim };
  try {
    return { kind: "started", answer: await api.post<StartResponse>("/v1/visitor/start", request, { key: chat.key }) };
  } catch (cause) {
    const work = cause instanceof ApiProblem && cause.work && !page.work && (await proofOfWorkFor(cause.work));
    if (work) return startOnce(api, chat, first, { ...page, work }, attempt);
    if (cause instanceof ApiProblem && cause.status < 500 && cause.status !== 429 && !RETRYABLE.has(cause.code)) {
      return { kind: "refused", code: cause.code };
    }
    if (!(cause instanceof ApiProblem || cause instanceof NetworkFailure)) throw cause;
    const least = cause instanceof ApiProblem ? cause.retryAfter * 1000 : 0;
    return { kind: "later", wait: least + backoff(attempt) };
  }
}

/** The solver is loaded with the first challenge: few visitors ever receive one. */
const loadSolver = importPart(() => import("./proof_of_work").then((it) => it.solveProofOfWork));

/** Return the solution; empty if the solver cannot be loaded. */
const proofOfWorkFor = (challenge: string): Promise<string> =>
  loadSolver().then(
    (solve) => solve(challenge),
    () => "",
  );

/** Wait, but no longer than until the browser is online again or the tab is shown. */
export function waitForRetry(wait: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      stopListening();
      resolve();
    };
    const timer = setTimeout(go, wait);
    const stopListening = onReconnectHint(go);
  });
}
