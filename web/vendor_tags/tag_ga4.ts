/** Google Analytics in the page. consent.js loads it once "analytics" is granted, never before. */
import { pageDocument, pageGlobal } from "../core/page_document";
import { consentNow, loadVendor } from "./vendor_load";

/** Inserted by the server. */
declare const __CRUMBLESS_TAG__: { id: string; script: string };

/** The lifetime of the consent: 182 days, in seconds. Google's default is two years. */
const COOKIE_SECONDS = 15_724_800;

const { id, script } = __CRUMBLESS_TAG__;
const page = window as unknown as { dataLayer?: unknown[]; gtag?: (...parameters: unknown[]) => void } & Record<
  string,
  unknown
>;
const layer = (pageGlobal("dataLayer") as unknown[] | undefined) ?? [];
page.dataLayer = layer;
const gtag =
  (pageGlobal("gtag") as typeof page.gtag) ??
  function () {
    // Google's script recognises commands because they are `arguments`.
    // biome-ignore lint/complexity/noArguments: see above
    layer.push(arguments);
  };
page.gtag = gtag;

/** Consent mode v2: only granted categories are granted. Analytics is granted, because otherwise this script is not loaded. */
function signals(analytics: boolean, marketing = false): Record<string, string> {
  const state = (granted: boolean) => (granted ? "granted" : "denied");
  return {
    analytics_storage: state(analytics),
    ad_storage: state(marketing),
    ad_user_data: state(marketing),
    ad_personalization: state(marketing),
  };
}

gtag("consent", "default", signals(false));
gtag("consent", "update", signals(true, consentNow().marketing));
gtag("set", "ads_data_redaction", true);
gtag("js", new Date());
gtag("config", id, {
  allow_google_signals: false,
  allow_ad_personalization_signals: false,
  cookie_expires: COOKIE_SECONDS,
  cookie_update: false,
  cookie_flags: location.protocol === "https:" ? "SameSite=Lax;Secure" : "SameSite=Lax",
});
pageDocument.addEventListener("crumbless:consent", () => {
  const { analytics = false, marketing = false } = consentNow();
  page[`ga-disable-${id}`] = !analytics;
  gtag("consent", "update", signals(analytics, marketing));
});
loadVendor(`${script}/gtag/js?id=${encodeURIComponent(id)}`, "ga4");
