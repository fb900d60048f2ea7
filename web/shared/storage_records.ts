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
 * made by the first `put`: looking must not leave a trace. One that is deleted meanwhile (the person clears the site's
 * data) is made again by the next.
 *
 * @param factory returns the browser's `indexedDB`, and may throw while doing so
 * @param onLost called when the database was deleted or taken away meanwhile
 */
export async function openRecords(factory: () => IDBFactory, onLost: () => void): Promise<RecordStore | null> {
  const connection = new Connection(factory, onLost);
  return connection.reach(false).then(
    () => recordsIn(connection),
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
      this.#database ??= await openDatabase(this.factory(), make);
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

  /** The next access opens anew. */
  #lose(): void {
    this.#database = null;
    this.onLost();
  }
}

/** Resolves to null when there is no database and none was to be made. */
function openDatabase(factory: IDBFactory, make: boolean): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    const asked = factory.open("crumbless", 1);
    const deadline = setTimeout(() => reject(new Error("no database")), OPEN_DEADLINE_MS);
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
      resolve(asked.result);
    };
  });
}

function recordsIn(connection: Connection): RecordStore {
  /** Settles when the transaction is complete, not when its request succeeded: only then is it kept. */
  const run = async <T>(make: boolean, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>) => {
    const database = await connection.reach(make);
    return (
      database &&
      new Promise<T>((resolve, reject) => {
        const transaction = database.transaction("items", mode);
        const asked = ask(transaction.objectStore("items"));
        transaction.oncomplete = () => resolve(asked.result);
        transaction.onabort = () => reject(transaction.error);
        transaction.onerror = () => reject(transaction.error);
      })
    );
  };
  const orNull = () => null;
  return {
    get: (key) => run<unknown>(false, "readonly", (store) => store.get(key)).catch(orNull),
    put: (key, value) =>
      run(true, "readwrite", (store) => store.put(value, key)).then(
        () => true,
        () => false,
      ),
    delete: async (key) => {
      await run(false, "readwrite", (store) => store.delete(key)).catch(orNull);
    },
    keys: async () => {
      const keys = await run(false, "readonly", (store) => store.getAllKeys()).catch(orNull);
      return (keys ?? []).filter((key) => typeof key === "string");
    },
  };
}
