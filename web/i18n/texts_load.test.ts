import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadTexts, type TextLoaders } from "./texts_load";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("texts are requested again until they can be loaded", async () => {
  let requests = 0;
  const german = async () => {
    requests += 1;
    if (requests < 3) throw new TypeError("offline");
    return { default: "Guten Tag" };
  };
  const loading = loadTexts({ de: german } as unknown as TextLoaders<string>, "de");
  await vi.runAllTimersAsync();
  expect(await loading).toBe("Guten Tag");
  expect(requests).toBe(3);
});
