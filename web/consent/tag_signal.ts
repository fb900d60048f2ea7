/**
 * Passes the grants to the vendors' own consent interfaces, if the page has them: Google's consent mode v2 and TikTok's pixel.
 */
import { pageGlobal } from "../core/page_document";
import type { Grants } from "./consent_config";

interface Vendors {
  gtag?: (command: "consent", action: "update", signals: Record<string, "granted" | "denied">) => void;
  ttq?: { grantConsent?: () => void; revokeConsent?: () => void };
}

/** Signal the current grants. An exception in a vendor's script must not stop our code. */
export function signalTags({ analytics, marketing }: Grants): void {
  const gtag = pageGlobal("gtag") as Vendors["gtag"];
  const ttq = pageGlobal("ttq") as Vendors["ttq"];
  const state = (granted: boolean) => (granted ? "granted" : "denied");
  try {
    gtag?.("consent", "update", {
      analytics_storage: state(analytics),
      ad_storage: state(marketing),
      ad_user_data: state(marketing),
      ad_personalization: state(marketing),
    });
    if (marketing) ttq?.grantConsent?.();
    else ttq?.revokeConsent?.();
  } catch (fault) {
    console.error("Crumbless:", fault);
  }
}
