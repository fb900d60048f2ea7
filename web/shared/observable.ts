/** A value with observers. */
export class Observable<T> {
  readonly #observers = new Set<(value: T) => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    if (value === this.#value) return;
    this.#value = value;
    for (const tell of [...this.#observers]) tell(value);
  }

  /** Call `tell` with the value now and after each change. Returns a function that ends the observation. */
  observe(tell: (value: T) => void): () => void {
    this.#observers.add(tell);
    tell(this.#value);
    return () => void this.#observers.delete(tell);
  }
}
