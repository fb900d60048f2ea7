/**
 * What a customer's page includes: a button, nothing else until it is pressed. No request, nothing written, one global name
 * (`Crumbless`); whatever goes wrong here stays here.
 */
import { type FrameSays, openFrame, type ShowFrame, type Vouched } from "./frame_bridge";
import { addLauncher, HOST_NAME, type LauncherLooks } from "./launcher_view";
import { chooseWords } from "./launcher_words";
import { readOpenFlag, writeOpenFlag } from "./storage_flag";

declare global {
  interface Window {
    Crumbless?: object;
  }
}

/** Filled in by the server, the same for every visitor of the site. */
declare const __CRUMBLESS_SITE__: Pick<LauncherLooks, "side" | "accent"> & { key: string; keeper: string };

/** A frame that has not said a word by then will not. */
const HELLO_DEADLINE_MS = 10_000;

// Known only while the script runs for the first time.
const script = document.currentScript as HTMLScriptElement;

function start(): void {
  // The script may stand in the page twice.
  if (document.querySelector(HOST_NAME)) return;
  const { key, side, accent, keeper } = __CRUMBLESS_SITE__;
  const tag = document.documentElement.lang || navigator.language;
  const { words, direction } = chooseWords(tag);
  const { origin } = new URL(script.src);
  const path = `/chat/${key}?lang=${encodeURIComponent(tag)}`;
  const { launch, panel, say, badge } = addLauncher({ side, accent, words, direction });
  const flag = readOpenFlag(key);
  let open = false;
  /** A conversation exists in this tab: the frame is loaded again on the next page. */
  let running = flag === "minimised";
  let show: ShowFrame | null = null;
  let vouched: Vouched;

  const load = () => {
    panel.className = "panel wait";
    say("");
    const silent = setTimeout(() => {
      say(words[4]);
      // Opened again, it is loaded again.
      show = null;
    }, HELLO_DEADLINE_MS);
    const told = openFrame(panel, origin, path, words[1], (says, ports) => {
      clearTimeout(silent);
      // It may have come after all: it must hear that it is hidden, or it takes what comes then for seen.
      show = told;
      panel.className = "panel";
      hear(says, ports);
    });
    return told;
  };

  const turn = (opened: boolean, focus: boolean) => {
    open = opened;
    panel.hidden = !opened;
    launch.ariaExpanded = `${opened}`;
    if (opened) show ??= load();
    show?.(opened, focus && opened, vouched);
    if (!opened) launch.focus();
    writeOpenFlag(key, opened ? "open" : running ? "minimised" : null);
  };

  const hear = (says: FrameSays, [port]: readonly MessagePort[]) => {
    if (says.say === "close") turn(false, false);
    else if (says.say === "keep")
      void import(/* @vite-ignore */ origin + keeper).then(
        (it) => it.keepFor(key, port),
        () => port?.postMessage({ held: [] }),
      );
    else if (says.say === "unread") badge(says.count);
    else {
      running = says.say === "started";
      if (!open) writeOpenFlag(key, running ? "minimised" : null);
    }
  };

  /** Kept in this page's memory until the chat is there; a chat that stands on the device is fetched to be cleared. */
  const identify = (token: string | null) => {
    vouched = token;
    if (!token) show ??= load();
    show?.(open, false, vouched);
  };
  // The consent manager's part of it may stand there already.
  window.Crumbless = { ...window.Crumbless, identify, logout: () => identify(null) };

  launch.onclick = () => turn(!open, true);
  addEventListener("keydown", (event) => {
    if (open && event.key === "Escape" && !event.defaultPrevented) turn(false, false);
  });
  // An open chat is open on the next page of the site too; it does not take the focus there.
  if (flag === "open") turn(true, false);
  else if (flag) show = load();
}

function startSafely(): void {
  try {
    start();
  } catch (fault) {
    console.error("Crumbless:", fault);
  }
}

if (document.body) startSafely();
else addEventListener("DOMContentLoaded", startSafely);
