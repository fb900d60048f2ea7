import type { CheckWords } from "./check_words";

const words: CheckWords = {
  intro: "What stands between this browser and the server: your network, its proxies, and those of the server.",
  running: "Checking…",
  again: "Check again",
  result: {
    good: "Everything comes through.",
    mind: "The chat works from here. Something could be better.",
    bad: "Something keeps the chat from working as it should.",
  },
  names: {
    server: "Server",
    address: "Public address",
    proxy: "Proxy of the server",
    cache: "Fresh answers",
    body: "Long messages",
    clock: "Clock",
    websocket: "WebSocket",
    stream: "Streaming",
    poll: "Long polling",
  },
  fine: "Fine",
  fineAfter: (milliseconds) => `Fine, after ${milliseconds} ms`,
  wrong: {
    server: "The server does not answer, or something else answers in its place.",
    address: "The server believes that it has another address than the one you see above.",
    proxy: "A proxy in front of the server names where people are, but the server does not believe it, or the reverse.",
    cache: "Something on the way keeps answers that are good only once.",
    body: "Something on the way refuses long messages.",
    clock: "The clocks of this device and of the server differ by more than half a minute.",
    websocket: "The lasting connection does not open.",
    stream: "Answers do not arrive piece by piece; something collects them first.",
    poll: "Answers that wait for news do not arrive.",
  },
  advice: {
    server: "Check your connection. If other pages work, ask whoever runs the server.",
    address: "Whoever runs the server sets CRUMBLESS_PUBLIC_URL to this address.",
    proxy:
      "Whoever runs the server looks at CRUMBLESS_TRUSTED_PROXIES: until then, limits count everybody as one person.",
    cache: "Whoever runs the proxy lets it obey “Cache-Control: no-store”.",
    body: "Whoever runs the proxy allows bodies of 6 MB.",
    clock: "Let both follow a time server: times of messages and sign-in codes depend on it.",
    websocket:
      "The chat takes another way, which costs more. Whoever runs the proxy passes “Upgrade” on for /v1/stream.",
    stream: "Needed only where WebSocket fails. Whoever runs the proxy turns buffering off below /v1/stream/.",
    poll: "Needed only where the other two fail. Whoever runs the proxy lets answers take 60 seconds.",
  },
};

export default words;
