"""Scripts that make a browser's storage refuse, as browsers do: to run in every frame before the page's own scripts."""

BLOCKED = """
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError") } });
}
"""
"""Every access throws, as where the person blocks site data, and in a sandboxed frame."""

FULL = """(() => {
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError") };
  for (const name of ["put", "add"]) {
    const real = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (...given) {
      const asked = real.apply(this, given);
      this.transaction.abort();
      return asked;
    };
  }
})()"""
"""Reading works; what is written is refused: texts at once, records when their transaction ends."""
