/** The session of this device: one for all tabs, stored with its key, and deleted from all of them at once. */
import * as v from "valibot";
import { type Api, ApiProblem } from "../../core/api";
import { isProofKey, type ProofKey } from "../../core/dpop";
import * as storage from "../../storage/storage";
import type { Operator } from "../../wire/frames";
import type { NewSession } from "../sign_in/sign_in_api";
import { dropCache } from "../state/desk_cache";

const keyedSession = v.object({ token: v.string(), key: v.custom(isProofKey) });
const isKeyedSession = (value: unknown): value is storage.ItemValues["deskSession"] => v.is(keyedSession, value);

/** The action of another tab. */
type TabMessage = "signed-in" | "signed-out";

/** Longest wait until the server has received a sign-out, in milliseconds. */
const FAREWELL_DEADLINE = 5_000;
/** Longest wait for the browser's storage when a session ends, in milliseconds: it may never respond. */
const STORAGE_DEADLINE = 1_500;

/** Return the promise's value, or `late` after the deadline. */
function within<T>(promise: Promise<T>, late: T): Promise<T> {
  return Promise.race([promise, new Promise<T>((resolve) => setTimeout(resolve, STORAGE_DEADLINE, late))]);
}

export class DeskSession {
  /** Called when another tab has signed in or out. */
  onTabMessage: (message: TabMessage) => void = () => {};
  /** False if the browser stores nothing: the operator is signed in only as long as the page lives. */
  persistent = true;
  /**
   * The key of the session that ended last in this page, in memory only. The server knows it, so that an attacker who guesses
   * passwords cannot slow this browser's sign-in. Signing out deletes it.
   */
  knownKey: ProofKey | null = null;
  /** The ID of the operator who was signed in last in this page. */
  #operator: string | null = null;
  readonly #tabs: BroadcastChannel | null = openChannel();

  constructor(readonly api: Api) {
    this.#tabs?.addEventListener("message", (event: MessageEvent<TabMessage>) => this.onTabMessage(event.data));
  }

  /** Restore the session that this device stores. Return false if it is absent or the one that has ended. */
  async restore(ended: string | null = null): Promise<boolean> {
    const kept = await storage.getValue("deskSession", {}, isKeyedSession);
    if (!kept || kept.token === ended) return false;
    this.api.session = { token: kept.token, key: kept.key };
    return true;
  }

  /** Adopt a new session. */
  async enter({ answer, key }: NewSession): Promise<Operator> {
    // Another operator's drafts in this tab must not be sent, or shown, under this one's name.
    if (this.#operator && this.#operator !== answer.operator.id) await this.wipe();
    this.know(answer.operator);
    const session = { token: answer.token, key };
    this.api.session = session;
    const kept = await storage.setValue("deskSession", {}, session, answer.expires_at - Date.now());
    this.persistent = kept === "device";
    this.#tabs?.postMessage("signed-in" satisfies TabMessage);
    return answer.operator;
  }

  /** Whether the owner of this tab's texts is known. A reload forgets it. */
  get knowsOperator(): boolean {
    return this.#operator !== null;
  }

  /** Remember the owner of this tab's texts. */
  know(operator: Operator): void {
    this.#operator = operator.id;
  }

  /**
   * Sign out: delete everything on this device first, so that it works offline too, then inform the other tabs and the server.
   *
   * @returns within two seconds; `wiped`: whether everything was deleted; `serverInformed`: whether the server received it, as soon as that
   *   is known
   */
  async signOut(): Promise<{ wiped: boolean; serverInformed: Promise<boolean> }> {
    const farewell = this.api.withSession(this.api.session);
    const wiped = await this.wipe();
    this.#tabs?.postMessage("signed-out" satisfies TabMessage);
    const signal = AbortSignal.timeout(FAREWELL_DEADLINE);
    return {
      wiped,
      serverInformed: farewell.post("/v1/desk/sign-out", {}, { signal }).then(() => true, isAlreadyEnded),
    };
  }

  /**
   * Handle the server's rejection of our token. Another tab may have signed in since; its session is then adopted. Drafts stay.
   * Returns whether the operator is still signed in.
   */
  async end(): Promise<boolean> {
    const ended = this.api.session?.token ?? null;
    if (await within(this.restore(ended), false)) return true;
    this.knownKey = this.api.session?.key ?? null;
    this.api.session = null;
    await within(
      Promise.all([storage.removeValue("deskSession", {}), dropCache()]).then(() => true),
      false,
    );
    return false;
  }

  /** Return whether the session is still stored. The user may have deleted it alone, or with all of the site's data. */
  async isKept(): Promise<boolean> {
    if (!this.persistent) return this.api.session !== null;
    const kept = await storage.getValue("deskSession", {}, isKeyedSession);
    if (kept) return kept.token === this.api.session?.token;
    // A failed read does not show whether the session exists.
    return !(await storage.isValueAbsent("deskSession", {}));
  }

  /** Delete everything of the operator from this tab and this device. Returns whether that was completed in time. */
  wipe(): Promise<boolean> {
    this.api.session = null;
    this.knownKey = null;
    return within(storage.clear("desk"), false);
  }
}

function isAlreadyEnded(failure: unknown): boolean {
  return failure instanceof ApiProblem && failure.status === 401;
}

function openChannel(): BroadcastChannel | null {
  try {
    return new BroadcastChannel("crumbless.desk");
  } catch {
    return null; // The other tabs then learn of it from their stream.
  }
}
