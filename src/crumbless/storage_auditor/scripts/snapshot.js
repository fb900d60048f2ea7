// What the frame's stores hold now. Reading leaves nothing behind: a database is opened only at the version it has.
async () => {
  const kept = [];
  const text = (value) => { try { return JSON.stringify(value) ?? ""; } catch { return ""; } };
  const soon = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, 2000, null))]);
  const done = (asked) => new Promise((yes) => {
    asked.onsuccess = () => yes(asked.result);
    asked.onerror = asked.onblocked = () => yes(null);
  });
  for (const mechanism of ["localStorage", "sessionStorage"]) {
    try {
      const store = window[mechanism];
      for (let at = 0; at < Math.min(store.length, 1000); at += 1) {
        const key = store.key(at);
        const value = store.getItem(key) ?? "";
        kept.push({ mechanism, key, container: "", text: value.slice(0, 4000), size: key.length + value.length });
      }
    } catch { /* Blocked: it holds nothing. */ }
  }
  try {
    for (const { name, version } of (await soon(indexedDB.databases())) ?? []) {
      const database = await soon(done(indexedDB.open(name, version)));
      let records = 0;
      for (const store of database?.objectStoreNames ?? []) {
        const cursor = database.transaction(store).objectStore(store).openCursor();
        await soon(new Promise((end) => {
          cursor.onerror = end;
          cursor.onsuccess = () => {
            const at = cursor.result;
            if (!at || records >= 1000) return end();
            records += 1;
            const value = text(at.value);
            kept.push({ mechanism: "IndexedDB", key: String(at.key), container: `${name}/${store}`, text: value.slice(0, 4000), size: value.length });
            at.continue();
          };
        }));
      }
      database?.close();
      if (!records) kept.push({ mechanism: "IndexedDB", key: name, container: "", text: "", size: 0 });
    }
  } catch { /* As above. */ }
  try {
    for (const name of await caches.keys()) {
      const held = await (await caches.open(name)).keys();
      kept.push({ mechanism: "Cache Storage", key: name, container: held[0]?.url.split(/[?#]/)[0] ?? "", text: "", size: 0 });
    }
  } catch { /* As above; or the page is not a secure context. */ }
  try {
    for (const one of await navigator.serviceWorker.getRegistrations())
      kept.push({ mechanism: "service worker", key: one.scope, container: "", text: "", size: 0 });
  } catch { /* As above. */ }
  try {
    const folder = await soon(navigator.storage.getDirectory());
    for await (const name of folder?.keys() ?? []) kept.push({ mechanism: "file system", key: name, container: "", text: "", size: 0 });
  } catch { /* As above. */ }
  // A frame's name is often the page's own word for it; the tab's outlives the page.
  if (window === top && window.name) kept.push({ mechanism: "window.name", key: "window.name", container: "", text: "", size: window.name.length });
  return { where: location.origin, kept };
}
