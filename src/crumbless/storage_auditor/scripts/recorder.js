// Runs in every frame before the page's own scripts. Tells each write as it is tried, so that what the browser blocks, and what
// is removed again before anybody looks, is known too. What goes past these doors is found by looking at the stores.
(() => {
  const tell = window.crumblessAuditTell;
  if (!tell) return;
  delete window.crumblessAuditTell;
  const source = () => {
    const lines = (new Error().stack ?? "").split("\n").slice(3);
    const at = lines.map((line) => /(https?:\/\/[^\s)]+?):\d+:\d+\)?$/.exec(line)).find(Boolean);
    return at ? at[1].split(/[?#]/)[0] : location.origin + location.pathname;
  };
  const say = (mechanism, key, container, text) => {
    try { void tell({ mechanism, key: String(key).slice(0, 300), container, text: String(text ?? "").slice(0, 4000), source: source(), where: location.origin }).catch(() => {}); } catch { /* Watching must not disturb. */ }
  };
  const wrap = (type, name, hear) => {
    const real = type?.prototype?.[name];
    if (!real) return;
    const wrapped = { [name](...given) {
      try { hear(this, given); } catch { /* As above. */ }
      return real.apply(this, given);
    } }[name];
    Object.defineProperty(type.prototype, name, { value: wrapped, writable: true, configurable: true });
  };
  const isSession = (store) => { try { return store === sessionStorage; } catch { return false; } };
  wrap(Storage, "setItem", (store, [key, value]) => say(isSession(store) ? "sessionStorage" : "localStorage", key, "", value));
  for (const name of ["put", "add"])
    wrap(window.IDBObjectStore, name, (store, [value, key]) => {
      const found = key ?? (typeof store.keyPath === "string" ? value?.[store.keyPath] : undefined) ?? "(a key of its own)";
      let text = "";
      try { text = JSON.stringify(value); } catch { /* A value that is no text has no end that could be read. */ }
      say("IndexedDB", found, `${store.transaction.db.name}/${store.name}`, text);
    });
  wrap(window.CacheStorage, "open", (_, [name]) => say("Cache Storage", name, "", ""));
  wrap(window.ServiceWorkerContainer, "register", (_, [url, more]) =>
    say("service worker", new URL(more?.scope ?? "./", new URL(url, location.href)).href, "", ""));
  wrap(window.CookieStore, "set", (_, [given, value]) => {
    const one = typeof given === "object" ? given : { name: given, value };
    const ends = one.expires ? `; expires=${new Date(one.expires).toUTCString()}` : "";
    say("cookie", one.name, "", `${one.name}=${ends}${one.domain ? `; domain=${one.domain}` : ""}`);
  });
  const jar = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(Document.prototype, "cookie", {
    ...jar,
    set(text) {
      say("cookie", String(text).split("=")[0].trim(), "", text);
      jar.set.call(this, text);
    },
  });
})();
