/** What the desk is at the moment: starting, asking to sign in, or at work; and every way from one to the other. */
import { effect, signal } from "@preact/signals";
import type { Entry, Operator } from "../shared/wire";
import { DeskCache, type DeskNow, dropCache, readInbox, readThread } from "./desk_cache";
import { DeskFeed, type Warm } from "./desk_feed";
import type { DeskSession } from "./desk_session";
import type { DeskWords } from "./desk_words";
import { holdOutboxBack, keepDraft, keepOutbox, readOutbox, watchOutbox } from "./draft_keep";

export type Stage =
  | { readonly kind: "starting" }
  | { readonly kind: "signed-out"; readonly notice: string }
  | { readonly kind: "at-work"; readonly feed: DeskFeed };

export interface AppOptions {
  readonly session: DeskSession;
  readonly words: DeskWords;
  readonly ring: (unseen: readonly Entry[]) => void;
  readonly isVisible: () => boolean;
  /** The conversation that the address names. */
  readonly route: () => string | null;
}

export class DeskApp {
  readonly stage = signal<Stage>({ kind: "starting" });
  readonly #session: DeskSession;
  #cache: DeskCache | null = null;
  #unfollow: () => void = () => {};

  constructor(private readonly options: AppOptions) {
    this.#session = options.session;
    this.#session.onTold = (told) => void (told === "signed-out" ? this.#toldSignedOut() : this.#toldSignedIn());
  }

  /** False while the sign-in lasts only as long as the page. */
  get lasting(): boolean {
    return this.#session.lasting;
  }

  async start(): Promise<void> {
    if (await this.#session.restore()) this.#work({ warm: await readWarm(this.options.route()) });
    else this.#ask("");
  }

  /** Keeps what has not been written yet: the page may be going away. */
  async leave(): Promise<void> {
    await this.#cache?.save();
  }

  /** Looks whether the session is still kept: somebody may have deleted it, and then nobody is signed in. */
  async checkKept(): Promise<void> {
    const stage = this.stage.peek();
    if (stage.kind === "at-work" && !(await this.#session.isKept())) await this.#ended(stage.feed);
  }

  /** Signs in; throws what DeskSession.signIn throws. */
  async signIn(email: string, password: string): Promise<void> {
    const known = this.#session.knowsOperator;
    const operator = await this.#session.signIn(email, password);
    if (!known) holdOutboxBack();
    this.#work({ operator });
  }

  async signOut(): Promise<void> {
    const { words } = this.options;
    this.#rest();
    this.stage.value = { kind: "starting" };
    const { told } = await this.#session.signOut();
    this.#ask(words.signedOut);
    if (!(await told)) this.#askAgain(words.signedOutHere);
  }

  #work({ operator = null, warm = null }: { operator?: Operator | null; warm?: Warm | null } = {}): void {
    const feed: DeskFeed = new DeskFeed({
      api: this.#session.api,
      kept: readOutbox(),
      keep: keepOutbox,
      ring: this.options.ring,
      isVisible: this.options.isVisible,
      onEnded: () => void this.#ended(feed),
      onErased: (conversation) => {
        keepDraft(conversation, "");
        void this.#cache?.forgetThread(conversation);
      },
      onOperator: (told) => this.#session.know(told),
      operator,
      warm,
      recall: readThread,
      onStartOver: () => void dropCache(),
    });
    this.#keep(feed, warm);
    this.stage.value = { kind: "at-work", feed };
    void feed.start();
  }

  /** Keeps what the feed shows for the next visit. */
  #keep(feed: DeskFeed, warm: Warm | null): void {
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
    if (stage.kind !== "at-work" || stage.feed !== feed) return;
    this.#rest();
    this.stage.value = { kind: "starting" };
    if (await this.#session.end()) this.#work();
    else this.#ask(this.options.words.sessionEnded);
  }

  async #toldSignedOut(): Promise<void> {
    if (this.stage.peek().kind !== "at-work") return;
    this.#rest();
    this.stage.value = { kind: "starting" };
    await this.#session.wipe();
    this.#ask(this.options.words.signedOut);
  }

  async #toldSignedIn(): Promise<void> {
    if (this.stage.peek().kind !== "signed-out") return;
    if (await this.#session.restore()) this.#work();
  }

  #rest(): void {
    const stage = this.stage.peek();
    if (stage.kind === "at-work") stage.feed.stop();
    this.#unfollow();
  }

  #ask(notice: string): void {
    this.stage.value = { kind: "signed-out", notice };
  }

  /** Says more, unless somebody has signed in meanwhile. */
  #askAgain(notice: string): void {
    if (this.stage.peek().kind === "signed-out") this.#ask(notice);
  }
}

/** What an earlier visit has left, for a start that asks only for what is new. */
async function readWarm(route: string | null): Promise<Warm | null> {
  const inbox = await readInbox();
  const kept = inbox && route ? await readThread(route) : null;
  return inbox && { inbox, thread: kept && route ? { id: route, kept } : null };
}

function deskNow(feed: DeskFeed): DeskNow | null {
  const operator = feed.operator.peek();
  if (!operator || feed.inbox.state.peek() !== "ready") return null;
  return { operator, inbox: feed.inbox.inbox.peek(), threads: feed.threads.threads.peek() };
}
