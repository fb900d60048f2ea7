/** Requests of the desk's pages. They ask for a re-authentication where the server requires one, and report an ended session. */
import { type Signal, signal } from "@preact/signals";
import { type Api, ApiProblem, type RequestOptions } from "../../core/api";

/** A request for re-authentication. The dialog resolves it with whether it succeeded. */
export interface StepUpPrompt {
  readonly answer: (shown: boolean) => void;
}

/** The operator cancelled the re-authentication. Nothing was done, and no message is needed. */
export class StepUpCancelled extends Error {
  override readonly name = "StepUpCancelled";
}

/** Codes by which the server reports an invalid session. */
const ENDED_CODES = new Set(["invalid_token", "invalid_proof"]);

export class DeskApi {
  /** The request that the step-up dialog is shown for; null: it is hidden. */
  readonly prompt: Signal<StepUpPrompt | null> = signal(null);

  constructor(
    readonly api: Api,
    private readonly onEnded: () => void,
  ) {}

  get = <T>(path: string): Promise<T> => this.withStepUp(() => this.api.get<T>(path));

  post = <T>(path: string, body: unknown = {}, options: RequestOptions = {}): Promise<T> =>
    this.withStepUp(() => this.api.post<T>(path, body, options));

  /** Return the response with its body unread. */
  fetch = (method: string, path: string, options: RequestOptions = {}): Promise<Response> =>
    this.withStepUp(() => this.api.fetch(method, path, options));

  /** Run `action`, and again after a re-authentication if one is required. Throws StepUpCancelled if the operator cancels it. */
  async withStepUp<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (cause) {
      if (!(cause instanceof ApiProblem) || cause.code !== "step_up") throw this.#checked(cause);
    }
    if (!(await this.#askFactor())) throw new StepUpCancelled();
    return action().catch((cause: unknown) => {
      throw this.#checked(cause);
    });
  }

  /** Two actions at the same time share one dialog. */
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

  #checked(cause: unknown): unknown {
    if (cause instanceof ApiProblem && ENDED_CODES.has(cause.code)) this.onEnded();
    return cause;
  }
}
