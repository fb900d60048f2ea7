import { afterEach, describe, expect, test, vi } from "vitest";
import { openRecords } from "./storage_records";

/** As much of IndexedDB as one store needs; `failWrites` lets its transactions abort. */
function fakeFactory(options: { failWrites?: boolean; silent?: boolean } = {}): IDBFactory {
  const values = new Map<string, unknown>();
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
    const request = {
      result: { transaction: (_: string, mode: string) => transaction(mode), createObjectStore: vi.fn() },
    };
    const handlers = request as unknown as { onupgradeneeded: () => void; onsuccess: () => void };
    if (!options.silent) {
      queueMicrotask(() => {
        handlers.onupgradeneeded();
        handlers.onsuccess();
      });
    }
    return request;
  };
  return { open } as unknown as IDBFactory;
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
