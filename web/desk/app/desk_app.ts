/** The state of the desk (starting, signing in, or working) and every transition between the states. */
import type { DeskTexts } from "texts:desk";
import { effect, signal } from "@preact/signals";
import type { ProofKey } from "../../core/dpop";
import type { Operator } from "../../wire/frames";
import type { Entry } from "../../wire/timeline";
import { DeskApi } from "../core/desk_api";
import type { EntryLink } from "../core/desk_route";
import { holdOutboxBack, readOutbox, storeDraft, storeOutbox, watchOutbox } from "../core/draft_storage";
import { finishRedirect } from "../sign_in/oidc_redirect";
import type { NewSession } from "../sign_in/sign_in_api";
import { DeskCache, type DeskNow, dropCache, readInbox, readThread } from "../state/desk_cache";
import { type CachedState, DeskFeed } from "../state/desk_feed";
import type { DeskSession } from "./desk_session";

/** Returns a text for the sign-in form, or an empty one. The texts may still be loading when the stage begins. */
export type Notice = (words: DeskTexts) => string;

export type Stage =
  | { readonly kind: "starting" }
  | { readonly kind: "signed-out"; readonly notice: Notice; readonly failure?: unknown }
  /** The page was opened by the link of an email, or of the console. */
  | { readonly kind: "link"; readonly link: EntryLink }
  /** The password was correct, but the workspace requires a second factor and the operator has none yet. */
  | { readonly kind: "setting-up"; readonly entered: NewSession; readonly call: DeskApi }
  | { readonly kind: "signed-in"; readonly feed: DeskFeed; readonly call: DeskApi; readonly failure?: unknown };

export interface AppOptions {
  readonly session: DeskSession;
  readonly ring: (unseen: readonly Entry[]) => void;
  readonly isVisible: () => boolean;
  /** The conversation in the address. */
  readonly route: () => string | null;
}

/** The data with which the working state begins. */
interface Start {
  readonly operator?: Operator | null;
  readonly warm?: CachedState | null;
  /** The failure before this state, if any. */
  readonly failure?: unknown;
}

const NO_NOTICE: Notice = () => "";

export class DeskApp {
  readonly stage = signal<Stage>({ kind: "starting" });
  readonly #session: DeskSession;
  #cache: DeskCache | null = null;
  #unfollow: () => void = () => {};

  constructor(private readonly options: AppOptions) {
    this.#session = options.session;
    this.#session.onTabMessage = (message) =>
      void (message === "signed-out" ? this.#onSignedOut() : this.#onSignedIn());
  }

  /** False if the sign-in lasts only as long as the page. */
  get persistent(): boolean {
    return this.#session.persistent;
  }

  /** The key of the session that ended last in this page, unless the operator signed out. */
  get knownKey(): ProofKey | null {
    return this.#session.knownKey;
  }

  async start(notice = NO_NOTICE): Promise<void> {
    // At the same time: each takes several milliseconds before the first paint.
    const [restored, warm] = await Promise.all([this.#session.restore(), readWarm(this.options.route())]);
    if (restored) this.#work({ warm });
    else this.#ask(notice);
  }

  /** Check that the session is still stored. If it was deleted, the operator is signed out. */
  async checkKept(): Promise<void> {
    const stage = this.stage.peek();
    if (stage.kind === "signed-in" && !(await this.#session.isKept())) await this.#ended(stage.feed);
  }

  /** Start to work with a new session, in place of any other. */
  async enter(entered: NewSession): Promise<void> {
    this.#rest();
    if (entered.answer.only_sets_up) return this.#setUp(entered);
    const known = this.#session.knowsOperator;
    const operator = await this.#session.enter(entered);
    if (!known) holdOutboxBack();
    this.#work({ operator });
  }

  /**
   * Start the set-up of a second factor in memory only: a reload asks to sign in again. Nothing is stored before the session is
   * complete.
   */
  #setUp(entered: NewSession): void {
    const api = this.#session.api.withSession({ token: entered.answer.token, key: entered.key });
    const call = new DeskApi(api, () => this.#ask((words) => words.sessionEnded));
    this.stage.value = { kind: "setting-up", entered, call };
  }

  /** Start to work with the session after a second factor was set up. */
  async finishSetUp({ answer, key }: NewSession, expiresAt: number): Promise<void> {
    await this.enter({ answer: { ...answer, only_sets_up: false, expires_at: expiresAt }, key });
  }

  /** End the session without a second factor. */
  leaveSetUp(call: DeskApi): void {
    this.#ask(NO_NOTICE);
    // If the server is unreachable, the session expires there within half an hour.
    call.post("/v1/desk/sign-out").catch(() => {});
  }

  /** Show the purpose of a link. A signed-in operator stays signed in until the link is used. */
  follow(link: EntryLink): void {
    this.#rest();
    this.stage.value = { kind: "link", link };
  }

  /** Leave the view of a link. */
  async leaveLink(notice = NO_NOTICE): Promise<void> {
    this.stage.value = { kind: "starting" };
    if (this.#session.api.session && (await this.#session.isKept())) this.#work();
    else await this.start(notice);
  }

  /**
   * Finish the flow that began before the browser left for a provider.
   *
   * @returns the fragment to continue at
   */
  async arrive(path: string, parameters: URLSearchParams): Promise<string> {
    const signedIn = await this.#session.restore();
    try {
      const { signIn, back } = await finishRedirect(this.#session.api, path, parameters);
      if (signIn) await this.enter(signIn);
      else await this.start();
      return back || "#/";
    } catch (failure) {
      if (signedIn) this.#work({ failure });
      else this.stage.value = { kind: "signed-out", notice: NO_NOTICE, failure };
      return "#/";
    }
  }

  async signOut(): Promise<void> {
    this.#rest();
    this.stage.value = { kind: "starting" };
    const { wiped, serverInformed } = await this.#session.signOut();
    this.#ask((words) => (wiped ? words.signedOut : words.notAllDeleted));
    if (!(await serverInformed) && wiped) this.#askAgain((words) => words.signedOutHere);
  }

  #work({ operator = null, warm = null, failure }: Start = {}): void {
    const feed: DeskFeed = new DeskFeed({
      api: this.#session.api,
      kept: readOutbox(),
      keep: storeOutbox,
      ring: this.options.ring,
      isVisible: this.options.isVisible,
      onEnded: () => void this.#ended(feed),
      onErased: (conversation) => {
        storeDraft(conversation, "");
        void this.#cache?.forgetThread(conversation);
      },
      onDeleted: (conversation) => void this.#cache?.forgetThread(conversation),
      onOperator: (operator) => this.#session.know(operator),
      operator,
      warm,
      recall: readThread,
      onStartOver: () => void dropCache(),
    });
    this.#keep(feed, warm);
    const call = new DeskApi(this.#session.api, () => void this.#ended(feed));
    this.stage.value = { kind: "signed-in", feed, call, failure };
    void feed.start();
  }

  /** Store the feed's data for the next visit. */
  #keep(feed: DeskFeed, warm: CachedState | null): void {
    const cache = new DeskCache({ now: () => deskNow(feed), maySave: () => this.#maySave(feed) }, warm?.inbox.threads);
    const follow = effect(() => {
      void feed.inbox.inbox.value;
      void feed.threads.threads.value;
      cache.changed();
    });
    const unwatch = watchOutbox(() => feed.forgetUnsent());
    this.#cache = cache;
    this.#unfollow = () => {
      follow();
      unwatch();
      cache.stop();
    };
  }

  async #maySave(feed: DeskFeed): Promise<boolean> {
    if (await this.#session.isKept()) return true;
    await this.#ended(feed);
    return false;
  }

  async #ended(feed: DeskFeed): Promise<void> {
    const stage = this.stage.peek();
    if (stage.kind !== "signed-in" || stage.feed !== feed) return;
    this.#rest();
    this.stage.value = { kind: "starting" };
    if (await this.#session.end()) this.#work();
    else this.#ask((words) => words.sessionEnded);
  }

  async #onSignedOut(): Promise<void> {
    if (this.stage.peek().kind !== "signed-in") return;
    this.#rest();
    this.stage.value = { kind: "starting" };
    const wiped = await this.#session.wipe();
    this.#ask((words) => (wiped ? words.signedOut : words.notAllDeleted));
  }

  async #onSignedIn(): Promise<void> {
    if (this.stage.peek().kind !== "signed-out") return;
    if (await this.#session.restore()) this.#work();
  }

  #rest(): void {
    const stage = this.stage.peek();
    if (stage.kind === "signed-in") stage.feed.stop();
    this.#unfollow();
  }

  #ask(notice: Notice): void {
    this.stage.value = { kind: "signed-out", notice };
  }

  /** Show a notice on the sign-in form, unless a sign-in has happened in the meantime. */
  #askAgain(notice: Notice): void {
    if (this.stage.peek().kind === "signed-out") this.#ask(notice);
  }
}

/** Return the data that an earlier visit stored, for a start that requests only new entries. */
async function readWarm(route: string | null): Promise<CachedState | null> {
  const inbox = await readInbox();
  const kept = inbox && route ? await readThread(route) : null;
  return inbox && { inbox, thread: kept && route ? { id: route, kept } : null };
}

function deskNow(feed: DeskFeed): DeskNow | null {
  const operator = feed.operator.peek();
  if (!operator || feed.inbox.state.peek() !== "ready") return null;
  return { operator, inbox: feed.inbox.inbox.peek(), threads: feed.threads.threads.peek() };
}
