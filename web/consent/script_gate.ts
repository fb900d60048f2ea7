/**
 * Scripts that wait for consent: `<script type="text/plain" data-category="analytics" data-src="…">`. The browser does not run
 * them. This module replaces them by real scripts, in order, once their category is granted.
 */
import { pageDocument, pageGlobal } from "../core/page_document";
import type { Category, Grants } from "./consent_config";

interface ScriptPolicy {
  createScriptURL(address: string): unknown;
}
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): ScriptPolicy;
}

const WAITING = 'script[type="text/plain"][data-category]';

const handled = new WeakSet<Element>();
let grants: Grants;
let observer: MutationObserver | undefined;
let policy: ScriptPolicy | undefined;

/** Return the address in the form that a script's `src` accepts, with and without Trusted Types. */
function trusted(address: string): string {
  const factory = pageGlobal("trustedTypes") as PolicyFactory | undefined;
  try {
    policy ??= factory?.createPolicy("crumbless", { createScriptURL: (url) => url });
  } catch {
    // The page forbids our policy. It may not require one either, so that the plain address is used.
  }
  return (policy?.createScriptURL(address) ?? address) as string;
}

function activate(waiting: HTMLScriptElement): void {
  handled.add(waiting);
  const address = waiting.dataset.src ?? waiting.getAttribute("src");
  if (!address) {
    console.error("Crumbless: needs data-src", waiting);
    return;
  }
  const { baseURI } = pageDocument;
  // A `<base>` of another origin would redirect a relative address. In that case the page's own address is the base.
  const base = new URL(baseURI).origin === location.origin ? baseURI : location.href;
  const { href, protocol } = new URL(address, base);
  if (!/^https?:$/.test(protocol)) {
    console.error(`Crumbless: not loaded: ${address}`);
    return;
  }
  const script = pageDocument.createElement("script");
  for (const { name, value } of waiting.attributes) {
    if (!/^(type|(data-)?src)$/.test(name)) script.setAttribute(name, value);
  }
  // getAttribute does not return the nonce once the element is in the page.
  script.nonce = waiting.nonce;
  // A script that a script inserts runs on arrival, unless `async` is false.
  script.async = waiting.hasAttribute("async");
  try {
    script.src = trusted(href);
  } catch {
    console.error(`Crumbless: the page's policy lacks "trusted-types crumbless": ${address}`);
    return;
  }
  waiting.replaceWith(script);
}

function activateGranted(): void {
  for (const script of pageDocument.querySelectorAll<HTMLScriptElement>(WAITING)) {
    if (!handled.has(script) && grants[script.dataset.category as Category] === true) activate(script);
  }
}

/** Load the scripts of the granted categories only, including those that are inserted later. */
export function letScripts(granted: Grants): void {
  grants = granted;
  observer?.disconnect();
  if (!granted.analytics && !granted.marketing) return;
  activateGranted();
  observer ??= new MutationObserver(activateGranted);
  observer.observe(document, { childList: true, subtree: true });
}
