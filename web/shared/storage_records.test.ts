import { afterEach, describe, expect, test, vi } from "vitest";
import { openRecords } from "./storage_records";

type FakeFactory = IDBFactory & {
  isMade: () => boolean;
  /** As when the person clears the site's data. */
  losesAll: () => void;
};

/** As much of IndexedDB as one store needs; `failWrites` lets its transactions abort. */
function fakeFactory(options: { failWrites?: boolean; silent?: boolean } = {}): FakeFactory {
  const values = new Map<string, unknown>();
  let made = false;
  const opened: { onclose?: () => void }[] = [];
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
  return { open, isMade: () => made, losesAll } as unknown as FakeFactory;
}

const lost = vi.fn();

afterEach(() => {
  lost.mockClear();
  vi.useRealTimers();
});

describe("records", () => {
  test("are written, read, listed and deleted", async () => {
    const records = await openRecords(() => fakeFactory(), lost);
    expect(await records?.put("a", { v: 1 })).toBe(true);
    expect(await records?.get("a")).toEqual({ v: 1 });
    expect(await records?.keys()).toEqual(["a"]);
    await records?.delete("a");
    expect(await records?.get("a")).toBeUndefined();
  });

  test("looking makes no database, writing does, also for those who looked before", async () => {
    const factory = fakeFactory();
    const looking = await openRecords(() => factory, lost);
    const writing = await openRecords(() => factory, lost);
    expect(await looking?.get("a")).toBeNull();
    expect(await looking?.keys()).toEqual([]);
    await looking?.delete("a");
    expect(factory.isMade()).toBe(false);
    expect(await writing?.put("a", 1)).toBe(true);
    expect(factory.isMade()).toBe(true);
    expect(await looking?.get("a")).toBe(1);
  });

  test("a write that is aborted is told as not written", async () => {
    const records = await openRecords(() => fakeFactory({ failWrites: true }), lost);
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
      lost,
    );
    expect(await records?.put("a", () => 1)).toBe(false);
    expect(await records?.get("a")).toBeNull();
  });

  test("a database that is deleted meanwhile is told, and made again by the next write", async () => {
    const factory = fakeFactory();
    const records = await openRecords(() => factory, lost);
    await records?.put("a", 1);
    factory.losesAll();
    expect(lost).toHaveBeenCalledTimes(1);
    expect(await records?.get("a")).toBeNull();
    expect(factory.isMade(), "looking makes none").toBe(false);
    expect(await records?.put("b", 2)).toBe(true);
    expect(await records?.keys()).toEqual(["b"]);
  });

  test("a blocked property means no records", async () => {
    const denied = () => {
      throw new DOMException("denied", "SecurityError");
    };
    expect(await openRecords(denied, lost)).toBeNull();
  });

  test("a database that never answers means no records after a while", async () => {
    vi.useFakeTimers();
    const opened = openRecords(() => fakeFactory({ silent: true }), lost);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await opened).toBeNull();
  });
});
