/** What the desk is at the moment: starting, asking to sign in, or at work; and every way from one to the other. */
import { signal } from "@preact/signals";
import { DeskFeed } from "./desk_feed";
import type { DeskSession } from "./desk_session";
import type { DeskWords } from "./desk_words";
import { holdOutboxBack, keepDraft, keepOutbox, readOutbox } from "./draft_keep";

export type Stage =
  | { readonly kind: "starting" }
  | { readonly kind: "signed-out"; readonly notice: string }
  | { readonly kind: "at-work"; readonly feed: DeskFeed };

export interface AppOptions {
  readonly session: DeskSession;
  readonly words: DeskWords;
  readonly ring: () => void;
  readonly isVisible: () => boolean;
}

export class DeskApp {
  readonly stage = signal<Stage>({ kind: "starting" });
  readonly #session: DeskSession;

  constructor(private readonly options: AppOptions) {
    this.#session = options.session;
    this.#session.onTold = (told) => void (told === "signed-out" ? this.#toldSignedOut() : this.#toldSignedIn());
  }

  /** False while the sign-in lasts only as long as the page. */
  get lasting(): boolean {
    return this.#session.lasting;
  }

  async start(): Promise<void> {
    if (await this.#session.restore()) this.#work();
    else this.#ask("");
  }

  /** Signs in; throws what DeskSession.signIn throws. */
  async signIn(email: string, password: string): Promise<void> {
    const known = this.#session.knowsOperator;
    await this.#session.signIn(email, password);
    if (!known) holdOutboxBack();
    this.#work();
  }

  async signOut(): Promise<void> {
    const { words } = this.options;
    this.#rest();
    const told = this.#session.signOut();
    this.#ask(words.signedOut);
    if (!(await told)) this.#askAgain(words.signedOutHere);
  }

  #work(): void {
    const feed: DeskFeed = new DeskFeed({
      api: this.#session.api,
      kept: readOutbox(),
      keep: keepOutbox,
      ring: this.options.ring,
      isVisible: this.options.isVisible,
      onEnded: () => void this.#ended(feed),
      onErased: (conversation) => keepDraft(conversation, ""),
      onOperator: (operator) => this.#session.know(operator),
    });
    this.stage.value = { kind: "at-work", feed };
    void feed.start();
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
    this.#ask(this.options.words.signedOut);
    await this.#session.wipe();
  }

  async #toldSignedIn(): Promise<void> {
    if (this.stage.peek().kind !== "signed-out") return;
    if (await this.#session.restore()) this.#work();
  }

  #rest(): void {
    const stage = this.stage.peek();
    if (stage.kind === "at-work") stage.feed.stop();
  }

  #ask(notice: string): void {
    this.stage.value = { kind: "signed-out", notice };
  }

  /** Says more, unless somebody has signed in meanwhile. */
  #askAgain(notice: string): void {
    if (this.stage.peek().kind === "signed-out") this.#ask(notice);
  }
}
