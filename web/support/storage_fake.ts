/** A browser's Storage for tests. It can fail in the same ways as a real one. */
export class FakeStorage {
  readonly items = new Map<string, string>();
  /** Writing throws. */
  full = false;
  /** Reading and writing throw. */
  broken = false;
  /** Writing drops the old value, then throws. */
  half = false;
  /** Neither writing nor deleting works, and writing throws. */
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

/** Make reading the property itself throw, as in a sandboxed frame. Call `vi.unstubAllGlobals` to undo it. */
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
