import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PageBridge } from "./page_bridge";

const SHOP = "https://shop.example";
let page: EventTarget;
let parent: object;
let heard: unknown[];
let shown: [boolean, boolean][];
let greeted: number;
let channels: MessageChannel[];

beforeEach(() => {
  page = new EventTarget();
  parent = {};
  heard = [];
  shown = [];
  greeted = 0;
  channels = [];
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("window", { parent });
  vi.stubGlobal("location", { origin: "https://chat.example" });
});

afterEach(() => {
  for (const channel of channels) channel.port1.close();
  vi.unstubAllGlobals();
});

function makeBridge(): PageBridge {
  const bridge = new PageBridge(
    [SHOP],
    (now, focus) => shown.push([now, focus]),
    () => {
      greeted += 1;
      bridge.unread(0, "");
    },
  );
  return bridge;
}

/** Post a message from another window to ours; return its end of the channel. */
function post(overrides: { origin?: string; source?: unknown; data?: unknown } = {}): MessagePort {
  const channel = new MessageChannel();
  channels.push(channel);
  channel.port1.onmessage = (message) => heard.push(message.data);
  const told = { origin: SHOP, source: parent, data: { crumbless: "connect" }, ports: [channel.port2], ...overrides };
  page.dispatchEvent(Object.assign(new Event("message"), told));
  return channel.port1;
}

const until = (check: () => void) => vi.waitFor(check, { interval: 1 });

describe("connecting", () => {
  test("the loader of an allowed page is greeted, and its origin is known", async () => {
    const bridge = makeBridge();
    post();
    expect(await bridge.connected()).toBe(SHOP);
    await until(() => expect(heard).toEqual([{ say: "unread", badge: "", label: "" }]));
  });

  test.each([
    ["an origin that is not allowed", { origin: "https://evil.example" }],
    ["a subdomain of an allowed origin", { origin: "https://a.shop.example" }],
    ["a window that is not the parent", { source: {} }],
    ["another message", { data: { crumbless: "hello" } }],
    ["an empty message", { data: null }],
  ])("%s is ignored", (_, overrides) => {
    makeBridge();
    post(overrides);
    expect(greeted).toBe(0);
    post();
    expect(greeted).toBe(1);
  });

  test("a second loader is ignored", () => {
    makeBridge();
    post();
    post();
    expect(greeted).toBe(1);
  });

  test("a chat opened as a separate page uses its own origin and ignores messages", async () => {
    const self: { parent?: unknown } = {};
    self.parent = self;
    vi.stubGlobal("window", self);
    const bridge = makeBridge();
    post({ source: self });
    expect(greeted).toBe(0);
    expect(await bridge.connected()).toBe("https://chat.example");
  });
});

describe("messages", () => {
  test("showing moves the focus unless the loader disables that, and hiding never does", async () => {
    makeBridge();
    const port = post();
    for (const words of [{ say: "shown" }, { say: "shown", focus: false }, { say: "hidden" }]) port.postMessage(words);
    await until(() =>
      expect(shown).toEqual([
        [true, true],
        [true, false],
        [false, false],
      ]),
    );
  });

  test("the number of unread messages and its text are sent when either changes", async () => {
    const bridge = makeBridge();
    post();
    const changes = [
      { count: 0, badge: "", label: "" },
      { count: 2, badge: "2", label: "2 new" },
      { count: 2, badge: "2", label: "2 neue" },
      { count: 100, badge: "99+", label: "100 neue" },
      { count: 0, badge: "", label: "" },
    ];
    for (const { count, label } of changes) {
      bridge.unread(count, label);
      bridge.unread(count, label);
    }
    const expected = changes.map(({ badge, label }) => ({ say: "unread", badge, label }));
    await until(() => expect(heard).toEqual(expected));
  });
});
