/** The IndexedDB part of storage.ts: one database, one store, keys beside the values. Used by storage.ts alone. */

/** No answer for this long means a blocked or broken database: some browsers never answer `open`. */
const OPEN_DEADLINE_MS = 3_000;

/** A store of structured values that never throws: a failed read is null, a failed write false. */
export interface RecordStore {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<boolean>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

/**
 * Opens the database, or returns null when this browser or this page may not have one. One that does not exist yet is
 * made by the first `put`: looking must not leave a trace.
 *
 * @param factory returns the browser's `indexedDB`, and may throw while doing so
 */
export async function openRecords(factory: () => IDBFactory): Promise<RecordStore | null> {
  try {
    const database = await openDatabase(factory(), false);
    return database ? recordsIn(database) : madeOnWrite(factory());
  } catch {
    return null;
  }
}

/** Resolves to null when there is no database and none was to be made. */
function openDatabase(factory: IDBFactory, make: boolean): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    const asked = factory.open("crumbless", 1);
    const deadline = setTimeout(() => reject(new Error("the database did not open in time")), OPEN_DEADLINE_MS);
    let absent = false;
    asked.onupgradeneeded = () => {
      absent = !make;
      // An aborted first version leaves no database behind.
      if (absent) asked.transaction?.abort();
      else asked.result.createObjectStore("items");
    };
    asked.onerror = (event) => {
      event.preventDefault();
      clearTimeout(deadline);
      if (absent) resolve(null);
      else reject(asked.error);
    };
    asked.onsuccess = () => {
      clearTimeout(deadline);
      // Another tab with a newer version must not wait for this one.
      asked.result.onversionchange = () => asked.result.close();
      resolve(asked.result);
    };
  });
}

function madeOnWrite(factory: IDBFactory): RecordStore {
  let made: Promise<RecordStore | null> | null = null;
  const open = async (make: boolean): Promise<RecordStore | null> => {
    if (made) return made;
    const opening = openDatabase(factory, make).then(
      (database) => database && recordsIn(database),
      () => null,
    );
    if (make) made = opening;
    // Another tab may have made it since.
    const found = await opening;
    if (found) made ??= Promise.resolve(found);
    return found;
  };
  return {
    get: async (key) => (await open(false))?.get(key) ?? null,
    put: async (key, value) => (await open(true))?.put(key, value) ?? false,
    delete: async (key) => (await open(false))?.delete(key),
    keys: async () => (await open(false))?.keys() ?? [],
  };
}

function recordsIn(database: IDBDatabase): RecordStore {
  /** Settles when the transaction is complete, not when its request succeeded: only then is it kept. */
  const run = <T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction("items", mode);
      const asked = ask(transaction.objectStore("items"));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
  return {
    get: (key) => run<unknown>("readonly", (store) => store.get(key)).catch(() => null),
    put: (key, value) =>
      run("readwrite", (store) => store.put(value, key)).then(
        () => true,
        () => false,
      ),
    delete: (key) =>
      run("readwrite", (store) => store.delete(key)).then(
        () => undefined,
        () => undefined,
      ),
    keys: () =>
      run("readonly", (store) => store.getAllKeys()).then(
        (keys) => keys.filter((key) => typeof key === "string"),
        () => [],
      ),
  };
}
