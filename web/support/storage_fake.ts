/** A browser's Storage for tests, with the ways in which a real one refuses. */
export class FakeStorage {
  readonly items = new Map<string, string>();
  /** Writing throws. */
  full = false;
  /** Reading and writing throw. */
  broken = false;
  /** Writing drops the old value, then throws. */
  half = false;
  /** Neither writing nor removing works, and writing says so. */
  stuck = false;

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    if (this.broken) throw new DOMException("no", "SecurityError");
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.half) this.items.delete(key);
    if (this.full || this.broken || this.half || this.stuck) throw new DOMException("full", "QuotaExceededError");
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    if (!this.stuck) this.items.delete(key);
  }
}

/** Makes reading the property itself throw, as in a sandboxed frame. Undone by `vi.unstubAllGlobals` after a stub. */
export function blockStorage(): void {
  for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => {
        throw new DOMException("denied", "SecurityError");
      },
    });
  }
}
