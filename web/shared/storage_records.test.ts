import { afterEach, describe, expect, test, vi } from "vitest";
import { openRecords } from "./storage_records";

/** As much of IndexedDB as one store needs; `failWrites` lets its transactions abort. */
function fakeFactory(options: { failWrites?: boolean; silent?: boolean } = {}): IDBFactory & { isMade: () => boolean } {
  const values = new Map<string, unknown>();
  let made = false;
  const transaction = (mode: string) => {
    const made: Record<string, unknown> = {};
    const ask = (result: () => unknown) => {
      const request = { result: undefined as unknown };
      queueMicrotask(() => {
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
        made ||= !aborted;
        if (aborted) handlers.onerror({ preventDefault: () => undefined });
        else handlers.onsuccess();
      });
    }
    return request;
  };
  return { open, isMade: () => made } as unknown as IDBFactory & { isMade: () => boolean };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("records", () => {
  test("are written, read, listed and deleted", async () => {
    const records = await openRecords(() => fakeFactory());
    expect(await records?.put("a", { v: 1 })).toBe(true);
    expect(await records?.get("a")).toEqual({ v: 1 });
    expect(await records?.keys()).toEqual(["a"]);
    await records?.delete("a");
    expect(await records?.get("a")).toBeUndefined();
  });

  test("looking makes no database, writing does, also for those who looked before", async () => {
    const factory = fakeFactory();
    const looking = await openRecords(() => factory);
    const writing = await openRecords(() => factory);
    expect(await looking?.get("a")).toBeNull();
    expect(await looking?.keys()).toEqual([]);
    await looking?.delete("a");
    expect(factory.isMade()).toBe(false);
    expect(await writing?.put("a", 1)).toBe(true);
    expect(factory.isMade()).toBe(true);
    expect(await looking?.get("a")).toBe(1);
  });

  test("a write that is aborted is told as not written", async () => {
    const records = await openRecords(() => fakeFactory({ failWrites: true }));
    expect(await records?.put("a", 1)).toBe(false);
  });

  test("a value that cannot be cloned is told as not written", async () => {
    const records = await openRecords(
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
    );
    expect(await records?.put("a", () => 1)).toBe(false);
    expect(await records?.get("a")).toBeNull();
  });

  test("a blocked property means no records", async () => {
    const denied = () => {
      throw new DOMException("denied", "SecurityError");
    };
    expect(await openRecords(denied)).toBeNull();
  });

  test("a database that never answers means no records after a while", async () => {
    vi.useFakeTimers();
    const opened = openRecords(() => fakeFactory({ silent: true }));
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await opened).toBeNull();
  });
});
