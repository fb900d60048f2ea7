import { afterEach, expect, test, vi } from "vitest";
import { askConsent } from "./consent_ask";

const ORIGIN = "https://shop.example";

afterEach(() => vi.unstubAllGlobals());

/** The page around the frame, as the frame sees it. */
function pageAround() {
  const page = { postMessage: vi.fn() };
  const frame = { parent: page };
  let hear: (event: object) => void = () => undefined;
  vi.stubGlobal("window", frame);
  vi.stubGlobal("addEventListener", (_: string, listener: typeof hear) => {
    hear = listener;
  });
  const says = (data: unknown, origin = ORIGIN, source: unknown = page) => hear({ data, origin, source });
  return { page, frame, says };
}

test("only the page's origin is asked, and its answers and changes are received", () => {
  const { page, says } = pageAround();
  const heard: (string | null)[] = [];
  askConsent(ORIGIN, (receipt) => heard.push(receipt));
  expect(page.postMessage.mock.calls).toEqual([[{ crumbless: "consent?" }, ORIGIN]]);
  says({ crumbless: "consent", receipt: "R1" });
  says({ crumbless: "consent", receipt: null });
  says({ crumbless: "consent", receipt: 7 });
  says({ crumbless: "consent", receipt: "x".repeat(64) });
  says({ crumbless: "consent", receipt: "x".repeat(65) });
  expect(heard).toEqual(["R1", null, null, "x".repeat(64), null]);
});

test("messages of other origins and of other types are ignored", () => {
  const { frame, says } = pageAround();
  const heard: (string | null)[] = [];
  askConsent(ORIGIN, (receipt) => heard.push(receipt));
  says({ crumbless: "consent", receipt: "R1" }, "https://evil.example");
  says({ crumbless: "consent", receipt: "R1" }, ORIGIN, frame);
  says({ crumbless: "connect" });
  says(null);
  says("consent");
  expect(heard).toEqual([]);
  says({ crumbless: "consent", receipt: "R2" });
  expect(heard).toEqual(["R2"]);
});

test("a chat that is a separate page does not ask", () => {
  const own: { parent?: unknown; postMessage: () => void } = { postMessage: vi.fn() };
  own.parent = own;
  vi.stubGlobal("window", own);
  askConsent(ORIGIN, () => undefined);
  expect(own.postMessage).not.toHaveBeenCalled();
});
