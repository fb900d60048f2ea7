/** The IndexedDB part of storage.ts: one database, one store, keys beside the values. Used by storage.ts alone. */

/** No answer for this long means a blocked or broken database: some browsers never answer `open`. */
const OPEN_DEADLINE_MS = 3_000;
/** A transaction that has not settled by then has failed: WebKit never settles one behind that of a page in its page cache. */
const RUN_DEADLINE_MS = 10_000;
/** Web Lock for opening the database. */
const LOCK = "crumbless.records";

/** A store of structured values that never throws: a failed read is null, a failed write false. */
export interface ValueStore {
  /** Returns undefined when nothing is stored under the key. */
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<boolean>;
  /** Returns whether nothing is stored under the key now. */
  delete(key: string): Promise<boolean>;
  keys(): Promise<string[] | null>;
}

/**
 * Opens the database, or returns null when this browser or this page may not have one. One that does not exist yet is
 * made by the first `put`: looking must not leave a trace. One that is deleted meanwhile (the person clears the site's
 * data) is made again by the next.
 *
 * @param factory returns the browser's `indexedDB`, and may throw while doing so
 * @param onLost called when the database was deleted or taken away meanwhile
 */
export async function openValues(factory: () => IDBFactory, onLost: () => void): Promise<ValueStore | null> {
  const connection = new Connection(factory, onLost);
  return connection.reach(false).then(
    () => valuesIn(connection),
    () => null,
  );
}

class Connection {
  #database: IDBDatabase | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly factory: () => IDBFactory,
    private readonly onLost: () => void,
  ) {}

  /** The open database; null when there is none and none is to be made. One opening at a time: they share what it finds. */
  reach(make: boolean): Promise<IDBDatabase | null> {
    const open = async (): Promise<IDBDatabase | null> => {
      this.#database ??= await withLock(async (locked) => openDatabase(this.factory(), make, locked));
      const database = this.#database;
      if (database) {
        // Another tab that deletes it, or has a newer version, must not wait for this one.
        database.onversionchange = () => {
          database.close();
          this.#lose();
        };
        database.onclose = () => this.#lose();
      }
      return database;
    };
    const opening = this.#last.then(open);
    this.#last = opening.catch(() => undefined);
    return opening;
  }

  /** The next access opens again. */
  #lose(): void {
    this.#database = null;
    this.onLost();
  }
}

/**
 * Calls `open` while no other tab opens the database. `locked` is false where the browser has no locks (a page over plain
 * http) or gives none in time.
 */
function withLock<T>(open: (locked: boolean) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const begin = (lock: Lock | null) => open(lock !== null).then(resolve, reject);
    const request = async () => navigator.locks.request(LOCK, { signal: AbortSignal.timeout(OPEN_DEADLINE_MS) }, begin);
    request().catch(() => begin(null));
  });
}

/**
 * Resolves to null when there is no database and none was to be made.
 *
 * WebKit keeps an empty database when its first version is aborted, so it is deleted. Without the lock it stays: another tab
 * may have created it in between, and would lose what it has just stored.
 */
function openDatabase(factory: IDBFactory, make: boolean, locked: boolean): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    setTimeout(reject, OPEN_DEADLINE_MS);
    const asked = factory.open("crumbless", 1);
    let absent = false;
    asked.onupgradeneeded = () => {
      absent = !make;
      // In Chromium and Firefox an aborted first version leaves no database behind.
      if (absent) asked.transaction?.abort();
      else asked.result.createObjectStore("items");
    };
    asked.onerror = (event) => {
      event.preventDefault();
      if (!absent) return reject();
      if (!locked) return resolve(null);
      const deleting = factory.deleteDatabase("crumbless");
      deleting.onsuccess = deleting.onerror = () => resolve(null);
    };
    asked.onsuccess = () => resolve(asked.result);
  });
}

function valuesIn(connection: Connection): ValueStore {
  /** Settles when the transaction is complete, not when its request succeeded: only then is it kept. */
  const run = async <T>(make: boolean, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>) => {
    const database = await connection.reach(make);
    if (!database) return undefined;
    return new Promise<T>((resolve, reject) => {
      setTimeout(reject, RUN_DEADLINE_MS);
      const transaction = database.transaction("items", mode);
      const asked = ask(transaction.objectStore("items"));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = transaction.onerror = () => reject();
      // Otherwise it waits for this page to see the result, and a page in WebKit's page cache never does.
      transaction.commit?.();
    });
  };
  /** Whether it was done. */
  const succeeds = (done: Promise<unknown>) =>
    done.then(
      () => true,
      () => false,
    );
  return {
    get: (key) => run<unknown>(false, "readonly", (store) => store.get(key)).catch(() => null),
    put: (key, value) => succeeds(run(true, "readwrite", (store) => store.put(value, key))),
    delete: (key) => succeeds(run(false, "readwrite", (store) => store.delete(key))),
    keys: () =>
      run(false, "readonly", (store) => store.getAllKeys()).then(
        (keys = []) => keys.filter((key) => typeof key === "string"),
        () => null,
      ),
  };
}
