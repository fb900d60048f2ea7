/** Requests to the server's HTTP API. Bodies are JSON, no cookie is used, and each request carries a DPoP proof. */
import { type ProofKey, proofFor } from "./dpop";

/** Longest wait for an ordinary response. */
const RESPONSE_DEADLINE_MS = 20_000;

/**
 * Each node behind a load balancer has its own nonce. A request is sent at most this often until it reaches the node of its
 * nonce.
 */
const TRIES = 8;

/** A session token and its key. `key` is null where the browser cannot create one. */
export interface Session {
  token: string;
  key: ProofKey | null;
}

/** The server rejected a request with a problem document (RFC 9457). */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  /**
   * @param code a code of docs/protocol.md, or `unexpected` if the response is not a problem document
   * @param title what happened
   * @param detail what to do
   * @param status the HTTP status
   * @param retryAfter seconds to wait before the next attempt, 0 if the server named none
   * @param work the challenge of `work_needed`
   */
  constructor(
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly status: number,
    readonly retryAfter: number,
    readonly work = "",
  ) {
    super(`${code}: ${title}`);
  }
}

/** No response arrived: the browser is offline, the server is unavailable, or a proxy responded in its place. */
export class NetworkFailure extends Error {
  override readonly name = "NetworkFailure";
}

/** Optional parts of a request. */
export interface RequestOptions {
  /** A string or a file is sent as it is, any other value as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Signs the request with this key and sends no token: for starting a session. */
  key?: ProofKey | null;
  /** False sends neither token nor proof. */
  signed?: boolean;
  /** Aborts the request. */
  signal?: AbortSignal;
  /** Longest wait for the complete response in ms: 20 seconds when absent, 0 for no limit. */
  deadline?: number;
}

export class Api {
  /** The session that the requests belong to; null before sign-in. */
  session: Session | null = null;
  #nonce: string;
  /** Load balancers send requests with the same value to the same node. The value lasts as long as this page. */
  #route = Math.random().toString(36).slice(2);

  /**
   * @param publicUrl the server's own address, as proofs name it
   * @param nonce the DPoP nonce that came with the page
   */
  constructor(
    readonly publicUrl: string,
    nonce: string,
  ) {
    this.#nonce = nonce;
  }

  /**
   * Return a client of the same server for another session, such as for a last request after this client has dropped its session.
   */
  withSession(session: Session | null): Api {
    const other = new Api(this.publicUrl, this.#nonce);
    other.session = session;
    other.#route = this.#route;
    return other;
  }

  /** Return the absolute address of a path of the server. */
  address(path: string): string {
    return new URL(path, this.publicUrl).href;
  }

  /** Request a JSON response of type `T`; null for 204. Throws ApiProblem or NetworkFailure. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const answer = await this.fetch(method, path, options);
    try {
      return answer.status === 204 ? (null as T) : ((await answer.json()) as T);
    } catch {
      throw new NetworkFailure("the response was cut off or not JSON");
    }
  }

  get<T>(path: string): Promise<T> {
    return this.request<T>("GET", path);
  }

  post<T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.request<T>("POST", path, { ...options, body });
  }

  /** Return the response of an accepted request with its body unread. Throws ApiProblem or NetworkFailure. */
  async fetch(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    let answer = await this.#once(method, path, options, this.#nonce);
    // The nonce had expired (after about three minutes) or belonged to another node. The response brought a new one. The repeats
    // use that nonce: if the balancer alternates between nodes, the newest nonce is always that of the previous node.
    for (let nonce = this.#nonce, attempts = 1; wantsNonce(answer) && attempts < TRIES; attempts++) {
      answer = await this.#once(method, path, options, nonce);
    }
    // The server has not rejected the request itself, so the caller may repeat it.
    if (wantsNonce(answer)) throw new NetworkFailure("no response from the server");
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  }

  async #once(method: string, path: string, options: RequestOptions, nonce: string): Promise<Response> {
    const address = this.address(path);
    const credentials = await this.#credentials(method, address, options, nonce);
    const headers: Record<string, string> = { "Crumbless-Route": this.#route, ...credentials, ...options.headers };
    const init: RequestInit = { method, headers, credentials: "omit", cache: "no-store", redirect: "error" };
    if (options.body !== undefined) {
      const { body } = options;
      headers["Content-Type"] ??= "application/json";
      init.body = typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body);
    }
    const answer = await fetchOrFail(address, { ...init, signal: signalOf(options) });
    this.#nonce = answer.headers.get("DPoP-Nonce") ?? this.#nonce;
    return answer;
  }

  async #credentials(
    method: string,
    address: string,
    options: RequestOptions,
    nonce: string,
  ): Promise<Record<string, string>> {
    if (options.signed === false) return {};
    if (options.key !== undefined) {
      return options.key ? { DPoP: await proofFor(options.key, method, address, nonce) } : {};
    }
    if (!this.session) return {};
    const { token, key } = this.session;
    if (!key) return { Authorization: `Bearer ${token}` };
    return { Authorization: `DPoP ${token}`, DPoP: await proofFor(key, method, address, nonce, token) };
  }
}

function wantsNonce(answer: Response): boolean | undefined {
  return answer.headers.get("WWW-Authenticate")?.includes("use_dpop_nonce");
}

function signalOf({ signal, deadline = RESPONSE_DEADLINE_MS }: RequestOptions): AbortSignal | null {
  if (deadline === 0) return signal ?? null;
  const late = AbortSignal.timeout(deadline);
  // Browsers before 2024 have no `any`. There the caller's signal matters more than the deadline.
  return signal ? (AbortSignal.any?.([signal, late]) ?? signal) : late;
}

async function fetchOrFail(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (cause) {
    throw new NetworkFailure("no response from the server", { cause });
  }
}

const PROBLEM_PREFIX = "urn:crumbless:problem:";

async function problemOf(answer: Response): Promise<ApiProblem> {
  const body: unknown = await answer.json().catch(() => null);
  const problem = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = (field: string) => (typeof problem[field] === "string" ? problem[field] : "");
  const type = text("type");
  const code = type.startsWith(PROBLEM_PREFIX) ? type.slice(PROBLEM_PREFIX.length) : "unexpected";
  const wait = Number(answer.headers.get("Retry-After") ?? 0);
  return new ApiProblem(
    code,
    text("title") || `The server answered ${answer.status}`,
    text("detail"),
    answer.status,
    Number.isFinite(wait) ? wait : 0,
    text("work"),
  );
}
