/** Who is signed in on this device: one session for all tabs, kept with its key, gone from all of them at once. */
import { type Api, ApiProblem } from "../shared/api";
import { isProofKey, type ProofKey } from "../shared/proof";
import * as storage from "../shared/storage";
import type { Operator } from "../shared/wire";
import { dropCache } from "./desk_cache";
import type { NewSession } from "./sign_in_call";

const isKeyedSession = (value: unknown): value is storage.ItemValues["deskSession"] =>
  typeof value === "object" &&
  value !== null &&
  "token" in value &&
  typeof value.token === "string" &&
  "key" in value &&
  isProofKey(value.key);

/** What another tab has done. */
type TabMessage = "signed-in" | "signed-out";

/** Longest wait for the server to hear of a sign-out, in milliseconds. */
const FAREWELL_DEADLINE = 5_000;
/** Longest wait for the browser's storage when a session ends, in milliseconds: it may never respond. */
const STORAGE_DEADLINE = 1_500;

/** Returns what the promise resolves to, or `late` after the deadline. */
function within<T>(promise: Promise<T>, late: T): Promise<T> {
  return Promise.race([promise, new Promise<T>((resolve) => setTimeout(resolve, STORAGE_DEADLINE, late))]);
}

export class DeskSession {
  /** Called when another tab has signed in or out. */
  onTabMessage: (told: TabMessage) => void = () => {};
  /** False where the browser keeps nothing: signed in for as long as the page lives. */
  persistent = true;
  /**
   * The key of the session that ended last in this page, in memory only. The server knows it, so that an attacker who
   * guesses passwords cannot make this browser wait. Signing out drops it.
   */
  knownKey: ProofKey | null = null;
  /** The id of the operator who was signed in last in this page. */
  #operator: string | null = null;
  readonly #tabs: BroadcastChannel | null = openChannel();

  constructor(readonly api: Api) {
    this.#tabs?.addEventListener("message", (event: MessageEvent<TabMessage>) => this.onTabMessage(event.data));
  }

  /** Takes up the session that this device keeps. Returns false when there is none, or only the one that has ended. */
  async restore(ended: string | null = null): Promise<boolean> {
    const kept = await storage.getValue("deskSession", {}, isKeyedSession);
    if (!kept || kept.token === ended) return false;
    this.api.session = { token: kept.token, key: kept.key };
    return true;
  }

  /** Takes up a session that has just begun. */
  async enter({ answer, key }: NewSession): Promise<Operator> {
    // What another operator has typed in this tab must not be sent, or shown, under this one's name.
    if (this.#operator && this.#operator !== answer.operator.id) await this.wipe();
    this.know(answer.operator);
    const session = { token: answer.token, key };
    this.api.session = session;
    const kept = await storage.setValue("deskSession", {}, session, answer.expires_at - Date.now());
    this.persistent = kept === "device";
    this.#tabs?.postMessage("signed-in" satisfies TabMessage);
    return answer.operator;
  }

  /** Whether it is known whose texts this tab holds; a reload forgets it. */
  get knowsOperator(): boolean {
    return this.#operator !== null;
  }

  /** Remembers whose texts this tab holds. */
  know(operator: Operator): void {
    this.#operator = operator.id;
  }

  /**
   * Signs out: wipes this device first, so that it holds offline too, then tells the other tabs and the server.
   *
   * @returns within two seconds; `wiped` is whether everything was deleted, `told` whether the server knows, as soon as that is
   *   known
   */
  async signOut(): Promise<{ wiped: boolean; told: Promise<boolean> }> {
    const farewell = this.api.withSession(this.api.session);
    const wiped = await this.wipe();
    this.#tabs?.postMessage("signed-out" satisfies TabMessage);
    const signal = AbortSignal.timeout(FAREWELL_DEADLINE);
    return { wiped, told: farewell.post("/v1/desk/sign-out", {}, { signal }).then(() => true, isAlreadyEnded) };
  }

  /**
   * The server no longer takes our token. Another tab may have signed in again since: then its session is taken up.
   * What was typed stays. Returns whether we are still signed in.
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

  /** Whether the session is still where it was put. It may have been deleted by hand, or with all of the site's data. */
  async isKept(): Promise<boolean> {
    if (!this.persistent) return this.api.session !== null;
    const kept = await storage.getValue("deskSession", {}, isKeyedSession);
    if (kept) return kept.token === this.api.session?.token;
    // A read that fails says nothing of the session.
    return !(await storage.isValueAbsent("deskSession", {}));
  }

  /** Removes everything of the operator from this tab and this device. Returns whether that was done in time. */
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
    return null; // The other tabs then learn it from their stream.
  }
}
