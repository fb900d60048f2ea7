/** The messages about completed and failed actions, which a page shows one above the other. */

export interface Toast {
  readonly text: string;
  readonly icon?: string;
  /** A step that the reader can take, such as Undo. */
  readonly action?: { readonly label: string; readonly run: () => void };
  /** A failure is announced at once, and stays until it is dismissed. */
  readonly failure?: boolean;
}

export interface ShownToast extends Toast {
  readonly id: number;
}

/** How long a toast is shown. The time stops while the pointer or the focus is on the toasts. */
export const TOAST_MS = 5_000;

/** More would cover the page. The oldest one that is no failure is removed. */
const MOST = 3;

export class ToastList {
  #shown: readonly ShownToast[] = [];
  #paused = false;
  #next = 1;
  readonly #timers = new Map<number, number>();
  readonly #listeners = new Set<() => void>();

  get shown(): readonly ShownToast[] {
    return this.#shown;
  }

  /** Show a toast. Return a function that removes it. */
  show(toast: Toast): () => void {
    const id = this.#next++;
    this.#set([...this.#shown, { ...toast, id }]);
    const surplus = this.#shown.length - MOST;
    for (const old of this.#shown.filter(({ failure }) => !failure).slice(0, Math.max(0, surplus))) this.remove(old.id);
    if (!this.#paused) this.#start(id);
    return () => this.remove(id);
  }

  remove(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (this.#shown.some((one) => one.id === id)) this.#set(this.#shown.filter((one) => one.id !== id));
  }

  /** Stop the time of all toasts. */
  pause(): void {
    this.#paused = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Start the time of all toasts again, from its beginning. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const { id } of this.#shown) this.#start(id);
  }

  /** Call a function after each change. Return a function that ends this. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #start(id: number): void {
    const toast = this.#shown.find((one) => one.id === id);
    if (!toast || toast.failure) return;
    this.#timers.set(id, setTimeout(() => this.remove(id), TOAST_MS) as unknown as number);
  }

  #set(shown: readonly ShownToast[]): void {
    this.#shown = shown;
    for (const listener of this.#listeners) listener();
  }
}
