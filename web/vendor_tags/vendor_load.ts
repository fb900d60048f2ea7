/** Loads a vendor's script into a page that may demand Trusted Types. */

import { pageDocument, pageGlobal } from "../core/page_document";

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): unknown };
}

/**
 * @param address the only address that this policy allows
 * @param service names the policy: `crumbless-ga4`, `crumbless-tiktok`
 */
export function loadVendor(address: string, service: string): void {
  const script = pageDocument.createElement("script");
  script.async = true;
  // A page with a nonce policy allows the scripts that its scripts insert only with the same nonce.
  script.nonce = (pageDocument.currentScript as HTMLScriptElement | null)?.nonce ?? "";
  const factory = pageGlobal("trustedTypes") as PolicyFactory | undefined;
  try {
    const policy = factory?.createPolicy(`crumbless-${service}`, { createScriptURL: () => address });
    script.src = (policy?.createScriptURL(address) ?? address) as string;
  } catch {
    console.error(`Crumbless: not loaded, the page's policy lacks "trusted-types crumbless-${service}": ${address}`);
    return;
  }
  pageDocument.head.append(script);
}

/** Return the page's current consent; undefined without consent.js. */
export function consentNow(): { analytics?: boolean; marketing?: boolean } {
  return (pageGlobal("Crumbless") as { consent?: { get?(): object } } | undefined)?.consent?.get?.() ?? {};
}
