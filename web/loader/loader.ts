/**
 * The script that a customer's page includes: a button, and nothing else until it is pressed. It sends no request, writes
 * nothing, and adds one global name (`Crumbless`). Its errors do not affect the page.
 */
import launcherTexts from "texts:launcher";
import { findPanel } from "../core/chat_host";
import { importRetry } from "../core/import_retry";
import { pageDocument, pageGlobal } from "../core/page_document";
import { pickTexts } from "../i18n/texts_pick";
import { type AllowedFlags, type FrameMessage, openFrame, type ShowFrame, type VerifiedIdentity } from "./frame_bridge";
import { addLauncher, type LauncherAppearance } from "./launcher_view";
import { readOpenFlag, writeOpenFlag } from "./storage_flag";

declare global {
  interface Window {
    Crumbless?: object;
  }
}

/** Inserted by the server, the same for every visitor of the site. */
declare const __CRUMBLESS_SITE__: Pick<LauncherAppearance, "side" | "accent" | "ink"> & {
  key: string;
  /** The public address of this server. The page does not choose it: its mark-up could name another one. */
  origin: string;
  host_storage: string;
};

function start(): void {
  // The page may contain the script twice.
  if (findPanel()) return;
  const { key, origin, side, accent, ink, host_storage } = __CRUMBLESS_SITE__;
  const tag = pageDocument.documentElement.lang || navigator.language;
  const texts = pickTexts(launcherTexts, tag);
  const path = `/chat/${key}?lang=${encodeURIComponent(tag)}`;
  const view = addLauncher({ side, accent, ink, texts });
  const { launch, panel, say } = view;
  const flag = readOpenFlag(key);
  let open = false;
  /** The flags that the frame allows. Until the visitor writes, these are none. */
  let allowed: AllowedFlags = { open: !!flag, minimised: flag === "minimised" };
  let show: ShowFrame | null = null;
  let vouched: VerifiedIdentity;
  const loadHostStorage = importRetry((query) => import(/* @vite-ignore */ origin + host_storage + query));

  const load = () => {
    panel.className = "panel wait";
    say("");
    // A frame that has sent nothing within ten seconds counts as failed. It is loaded again when it is opened again.
    const silent = setTimeout(() => {
      say(texts.failed);
      show = null;
    }, 10_000);
    const showFrame = openFrame(panel, origin, path, texts.open, (says, ports) => {
      clearTimeout(silent);
      // The frame may arrive late. It must know that it is hidden, or it marks new messages as seen.
      show = showFrame;
      panel.className = "panel";
      onMessage(says, ports);
    });
    return showFrame;
  };

  const store = () => {
    const current = open ? "open" : "minimised";
    writeOpenFlag(key, allowed[current] && current);
  };

  const turn = (opened: boolean, focus: boolean) => {
    open = opened;
    view.turn(opened);
    if (opened) show ??= load();
    show?.(opened, focus && opened, vouched);
    if (!opened) launch.focus();
    store();
  };

  const onMessage = (says: FrameMessage, [port]: readonly MessagePort[]) => {
    if (says.say === "close") turn(false, false);
    else if (says.say === "keep")
      void loadHostStorage().then(
        (it) => it.serve(key, port),
        () => port?.postMessage({ held: [] }),
      );
    else if (says.say === "unread") view.badge(says);
    else {
      allowed = says;
      store();
    }
  };

  /**
   * The identity stays in this page's memory until the chat is loaded. A chat that is stored on the device is loaded in order to
   * clear it.
   */
  const identify = (token: string | null) => {
    vouched = token;
    if (!token) show ??= load();
    show?.(open, false, vouched);
  };
  launch.onclick = () => turn(!open, true);
  addEventListener("keydown", (event) => {
    if (open && event.key === "Escape" && !event.defaultPrevented) turn(false, false);
  });
  // An open chat is open on the next page of the site too, but takes no focus there.
  if (flag === "open") turn(true, false);
  else if (flag) show = load();
  // The consent manager may have set its part already, and the page a queue of tokens for the time before this script has run.
  // This comes last, because a getter of the page may throw here.
  const before = pageGlobal("Crumbless") as { q?: (string | null)[] } | undefined;
  window.Crumbless = { ...before, q: { push: identify }, identify, logout: () => identify(null) };
  before?.q?.forEach(identify);
}

function startSafely(): void {
  try {
    start();
  } catch (fault) {
    console.error("Crumbless:", fault);
  }
}

if (pageDocument.body) startSafely();
else addEventListener("DOMContentLoaded", startSafely);
