/**
 * The IndexedDB part of storage.ts: one database with one store; the keys are separate from the values. Only storage.ts uses it.
 */

/** Without a response for this long, the database is blocked or broken. Some browsers never respond to `open`. */
const OPEN_DEADLINE_MS = 3_000;
/** A transaction that is unfinished by then has failed. WebKit never finishes one that waits for a page in its page cache. */
const RUN_DEADLINE_MS = 10_000;
/** Web Lock for opening the database. */
const LOCK = "crumbless.records";

/** A store of structured values that never throws. A failed read returns null, a failed write false. */
export interface ValueStore {
  /** Returns undefined if nothing is stored under the key. */
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<boolean>;
  /** Returns whether nothing is stored under the key now. */
  delete(key: string): Promise<boolean>;
  keys(): Promise<string[] | null>;
}

/**
 * Open the database, or return null if this browser or page may not have one. The first `put` creates a missing database: a read
 * must not leave a trace. If the database is deleted in the meantime (the user clears the site's data), the next `put` creates it
 * again.
 *
 * @param factory returns the browser's `indexedDB`; may throw
 * @param onLost called when the database was deleted or closed by the browser
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

  /**
   * Return the open database; null if it does not exist and `make` is false. Only one opening runs at a time, and all callers
   * share its result.
   */
  reach(make: boolean): Promise<IDBDatabase | null> {
    const open = async (): Promise<IDBDatabase | null> => {
      this.#database ??= await withLock(async (locked) => openDatabase(this.factory(), make, locked));
      const database = this.#database;
      if (database) {
        // A tab that deletes the database or upgrades it must not wait for this one.
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
 * Call `open` while no other tab opens the database. `locked` is false if the browser has no locks (a page over plain http) or
 * grants none in time.
 */
function withLock<T>(open: (locked: boolean) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const begin = (lock: Lock | null) => open(lock !== null).then(resolve, reject);
    const request = async () => navigator.locks.request(LOCK, { signal: AbortSignal.timeout(OPEN_DEADLINE_MS) }, begin);
    request().catch(() => begin(null));
  });
}

/**
 * Resolve to null if there is no database and `make` is false.
 *
 * WebKit keeps an empty database when its first version is aborted, so it is deleted. Without the lock it stays: another tab may
 * have created it in between, and would lose its new values.
 */
function openDatabase(factory: IDBFactory, make: boolean, locked: boolean): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    setTimeout(reject, OPEN_DEADLINE_MS);
    const request = factory.open("crumbless", 1);
    let absent = false;
    request.onupgradeneeded = () => {
      absent = !make;
      // In Chromium and Firefox an aborted first version leaves no database behind.
      if (absent) request.transaction?.abort();
      else request.result.createObjectStore("items");
    };
    request.onerror = (event) => {
      event.preventDefault();
      if (!absent) return reject();
      if (!locked) return resolve(null);
      const deleting = factory.deleteDatabase("crumbless");
      deleting.onsuccess = deleting.onerror = () => resolve(null);
    };
    request.onsuccess = () => resolve(request.result);
  });
}

function valuesIn(connection: Connection): ValueStore {
  /** Resolve when the transaction is complete: the value is not yet stored when only the request has succeeded. */
  const run = async <T>(make: boolean, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>) => {
    const database = await connection.reach(make);
    if (!database) return undefined;
    return new Promise<T>((resolve, reject) => {
      setTimeout(reject, RUN_DEADLINE_MS);
      const transaction = database.transaction("items", mode);
      const request = ask(transaction.objectStore("items"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject();
      // Otherwise the transaction waits until this page sees the result. A page in WebKit's page cache never sees it.
      transaction.commit?.();
    });
  };
  /** Return whether the operation succeeded. */
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
