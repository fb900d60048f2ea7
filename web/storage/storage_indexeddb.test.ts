import { afterEach, describe, expect, test, vi } from "vitest";
import { openValues } from "./storage_indexeddb";

type FakeFactory = IDBFactory & {
  isMade: () => boolean;
  /** As when the user clears the site's data. */
  losesAll: () => void;
};

interface FakeOptions {
  /** Write transactions abort. */
  failWrites?: boolean;
  /** `open` never responds. */
  silent?: boolean;
  /** No transaction finishes from the second on. */
  stalls?: boolean;
  /** As in WebKit, a database whose first version was aborted stays. */
  keepsAborted?: boolean;
}

/** The part of IndexedDB that one store needs. */
function fakeFactory(options: FakeOptions = {}): FakeFactory {
  const values = new Map<string, unknown>();
  let made = false;
  const opened: { onclose?: () => void }[] = [];
  let transactions = 0;
  const transaction = (mode: string) => {
    const stalled = options.stalls && ++transactions > 1;
    const made: Record<string, unknown> = {};
    const ask = (result: () => unknown) => {
      const request = { result: undefined as unknown };
      queueMicrotask(() => {
        if (stalled) return;
        if (mode === "readwrite" && options.failWrites) return (made.onabort as () => void)();
        request.result = result();
        (made.oncomplete as () => void)();
      });
      return request;
    };
    made.objectStore = () => ({
      get: (key: string) => ask(() => values.get(key)),
      put: (value: unknown, key: string) => ask(() => values.set(key, structuredClone(value))),
      delete: (key: string) => ask(() => values.delete(key)),
      getAllKeys: () => ask(() => [...values.keys(), 7]),
    });
    return made;
  };
  const open = () => {
    let aborted = false;
    const request = {
      result: { transaction: (_: string, mode: string) => transaction(mode), createObjectStore: vi.fn() },
      transaction: {
        abort: () => {
          aborted = true;
        },
      },
    };
    const handlers = request as unknown as {
      onupgradeneeded: () => void;
      onsuccess: () => void;
      onerror: (event: { preventDefault: () => void }) => void;
    };
    if (!options.silent) {
      queueMicrotask(() => {
        if (!made) handlers.onupgradeneeded();
        made ||= !aborted || options.keepsAborted === true;
        if (aborted) return handlers.onerror({ preventDefault: () => undefined });
        opened.push(request.result as { onclose?: () => void });
        handlers.onsuccess();
      });
    }
    return request;
  };
  const losesAll = () => {
    values.clear();
    made = false;
    for (const database of opened.splice(0)) database.onclose?.();
  };
  const deleteDatabase = () => {
    const request: { onsuccess?: () => void } = {};
    queueMicrotask(() => {
      values.clear();
      made = false;
      request.onsuccess?.();
    });
    return request;
  };
  return { open, deleteDatabase, isMade: () => made, losesAll } as unknown as FakeFactory;
}

const lost = vi.fn();

/** Web Locks of one page: one holder at a time. */
class FakeLocks {
  #last: Promise<unknown> = Promise.resolve();
  request<T>(_name: string, _options: object, act: (lock: object) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => act({}));
    this.#last = done.catch(() => undefined);
    return done;
  }
}

afterEach(() => {
  lost.mockClear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("records", () => {
  test("are written, read, listed and deleted", async () => {
    const records = await openValues(() => fakeFactory(), lost);
    expect(await records?.put("a", { v: 1 })).toBe(true);
    expect(await records?.get("a")).toEqual({ v: 1 });
    expect(await records?.keys()).toEqual(["a"]);
    await records?.delete("a");
    expect(await records?.get("a")).toBeUndefined();
  });

  test("reading creates no database, but writing does, also for earlier readers", async () => {
    const factory = fakeFactory();
    const looking = await openValues(() => factory, lost);
    const writing = await openValues(() => factory, lost);
    expect(await looking?.get("a")).toBeUndefined();
    expect(await looking?.keys()).toEqual([]);
    await looking?.delete("a");
    expect(factory.isMade()).toBe(false);
    expect(await writing?.put("a", 1)).toBe(true);
    expect(factory.isMade()).toBe(true);
    expect(await looking?.get("a")).toBe(1);
  });

  test("an aborted write is reported as not written", async () => {
    const records = await openValues(() => fakeFactory({ failWrites: true }), lost);
    expect(await records?.put("a", 1)).toBe(false);
  });

  test("a value that cannot be cloned is reported as not written", async () => {
    const records = await openValues(
      () =>
        ({
          open: () => {
            const request = {
              result: {
                transaction: () => {
                  throw new DOMException("cannot clone", "DataCloneError");
                },
              },
            };
            queueMicrotask(() => (request as unknown as { onsuccess: () => void }).onsuccess());
            return request as unknown as IDBOpenDBRequest;
          },
        }) as unknown as IDBFactory,
      lost,
    );
    expect(await records?.put("a", () => 1)).toBe(false);
    expect(await records?.get("a")).toBeNull();
  });

  test("a database that is deleted in between is reported, and created again by the next write", async () => {
    const factory = fakeFactory();
    const records = await openValues(() => factory, lost);
    await records?.put("a", 1);
    factory.losesAll();
    expect(lost).toHaveBeenCalledTimes(1);
    expect(await records?.get("a")).toBeUndefined();
    expect(factory.isMade(), "looking makes none").toBe(false);
    expect(await records?.put("b", 2)).toBe(true);
    expect(await records?.keys()).toEqual(["b"]);
  });

  test("a blocked property means no records", async () => {
    const denied = () => {
      throw new DOMException("denied", "SecurityError");
    };
    expect(await openValues(denied, lost)).toBeNull();
  });

  test("a database that never responds means no records after a while", async () => {
    vi.useFakeTimers();
    const opened = openValues(() => fakeFactory({ silent: true }), lost);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await opened).toBeNull();
  });

  test("a database that stays when its creation is aborted is deleted", async () => {
    vi.stubGlobal("navigator", { locks: new FakeLocks() });
    const factory = fakeFactory({ keepsAborted: true });
    const records = await openValues(() => factory, lost);
    expect(await records?.get("a")).toBeUndefined();
    expect(factory.isMade()).toBe(false);
  });

  test("without a lock nothing is deleted, since another tab may have created it", async () => {
    vi.stubGlobal("navigator", {});
    const factory = fakeFactory({ keepsAborted: true });
    await openValues(() => factory, lost);
    expect(factory.isMade()).toBe(true);
  });

  test("a lock that is denied does not prevent the opening", async () => {
    const refused = () => Promise.reject(new DOMException("denied", "SecurityError"));
    vi.stubGlobal("navigator", { locks: { request: refused } });
    const records = await openValues(() => fakeFactory(), lost);
    expect(await records?.put("a", 1)).toBe(true);
  });

  test("a transaction that never finishes fails after a while, and differs from an absent key", async () => {
    const records = await openValues(() => fakeFactory({ stalls: true }), lost);
    expect(await records?.put("a", 1)).toBe(true);
    vi.useFakeTimers();
    const outcomes = Promise.all([records?.get("a"), records?.put("b", 2), records?.delete("a"), records?.keys()]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcomes).toEqual([null, false, false, null]);
    const working = await openValues(() => fakeFactory(), lost);
    expect(await working?.get("absent")).toBeUndefined();
  });
});
