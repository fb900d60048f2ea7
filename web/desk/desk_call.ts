/** Requests of the desk's pages: what asks for a recent re-authentication gets one, and what meets an ended session says so. */
import { type Signal, signal } from "@preact/signals";
import { type Api, ApiProblem, type RequestOptions } from "../shared/api";

/** Somebody shall show a factor: the dialog answers with whether they did. */
export interface StepUpPrompt {
  readonly answer: (shown: boolean) => void;
}

/** The person did not want to show a factor. Nothing was done, and nothing needs to be said. */
export class StepUpCancelled extends Error {
  override readonly name = "StepUpCancelled";
}

/** Codes by which the server says that a session is no longer good. */
const ENDED_CODES = new Set(["invalid_token", "invalid_proof"]);

export class DeskApi {
  /** What the step-up dialog is shown for; null: it is not. */
  readonly prompt: Signal<StepUpPrompt | null> = signal(null);

  constructor(
    readonly api: Api,
    private readonly onEnded: () => void,
  ) {}

  get = <T>(path: string): Promise<T> => this.withStepUp(() => this.api.get<T>(path));

  post = <T>(path: string, body: unknown = {}, options: RequestOptions = {}): Promise<T> =>
    this.withStepUp(() => this.api.post<T>(path, body, options));

  /** The answer with its body unread. */
  fetch = (method: string, path: string, options: RequestOptions = {}): Promise<Response> =>
    this.withStepUp(() => this.api.fetch(method, path, options));

  /** Does what may need a recent re-authentication, and does it once more when one was shown. Throws StepUpCancelled when none was. */
  async withStepUp<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      if (!(cause instanceof ApiProblem) || cause.code !== "step_up") throw this.#told(cause);
    }
    if (!(await this.#askFactor())) throw new StepUpCancelled();
    return act().catch((cause: unknown) => {
      throw this.#told(cause);
    });
  }

  /** Two acts at once share one dialog. */
  #askFactor(): Promise<boolean> {
    const before = this.prompt.peek();
    return new Promise((done) => {
      const answer = (shown: boolean) => {
        this.prompt.value = null;
        before?.answer(shown);
        done(shown);
      };
      this.prompt.value = { answer };
    });
  }

  #told(cause: unknown): unknown {
    if (cause instanceof ApiProblem && ENDED_CODES.has(cause.code)) this.onEnded();
    return cause;
  }
}
