/** TikTok's pixel in the page. consent.js loads it once "marketing" is granted, never before. */
import { pageDocument, pageGlobal } from "../core/page_document";
import { consentNow, loadVendor } from "./vendor_load";

/** Inserted by the server. */
declare const __CRUMBLESS_TAG__: { id: string; script: string };

/** The calls that wait in the queue until the vendor's script is loaded. */
const METHODS =
  "page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent".split(
    " ",
  );

type Queue = unknown[] & Record<string, unknown> & { methods?: string[] };
type Call = (...parameters: unknown[]) => void;

const { id, script } = __CRUMBLESS_TAG__;
const page = window as { TiktokAnalyticsObject?: string; ttq?: Queue };
page.TiktokAnalyticsObject = "ttq";
const queue = (pageGlobal("ttq") ?? []) as Queue;
page.ttq = queue;
queue.methods = METHODS;
for (const name of METHODS) {
  queue[name] ??= (...parameters: unknown[]) => {
    queue.push([name, ...parameters]);
  };
}
// events.js reads this to learn its pixel ID.
queue._i = { [id]: [] };
queue._t = { [id]: Date.now() };
queue._o = { [id]: {} };

// Looked up at each call, because the vendor's script replaces the functions.
const call = (name: string, ...parameters: unknown[]) => (queue[name] as Call)(...parameters);

call("holdConsent");
loadVendor(`${script}/i18n/pixel/events.js?sdkid=${encodeURIComponent(id)}&lib=ttq`, "tiktok");
call("page");
call("grantConsent");
pageDocument.addEventListener("crumbless:consent", () => {
  call(consentNow().marketing ? "grantConsent" : "revokeConsent");
});
