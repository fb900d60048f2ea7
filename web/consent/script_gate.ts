/**
 * Scripts that wait: `<script type="text/plain" data-category="analytics" data-src="…">`. The browser does not run them; this makes
 * real ones of them, in order, once their category is granted.
 */
import { pageDocument, pageGlobal } from "../shared/page_document";
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

/** The address as a script's `src` takes it, where the page demands Trusted Types and where it does not. */
function trusted(address: string): string {
  const factory = pageGlobal("trustedTypes") as PolicyFactory | undefined;
  try {
    policy ??= factory?.createPolicy("crumbless", { createScriptURL: (given) => given });
  } catch {
    // Not allowed to make one. It may not be needed either: then the plain address is taken.
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
  // A `<base>` of another origin would send a relative address there: the page's own base is the page.
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
  // Hidden from getAttribute once the element is in the page.
  script.nonce = waiting.nonce;
  // A script made by a script runs when it comes, unless told to keep its place.
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

/** Lets the scripts of the granted categories load, those too that come later, and no others. */
export function letScripts(granted: Grants): void {
  grants = granted;
  observer?.disconnect();
  if (!granted.analytics && !granted.marketing) return;
  activateGranted();
  observer ??= new MutationObserver(activateGranted);
  observer.observe(document, { childList: true, subtree: true });
}
