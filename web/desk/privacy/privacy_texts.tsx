/** The texts of retention, deletion and requests, which are loaded when they are first needed. */
import type { PrivacyPagesTexts } from "texts:privacy_pages";
import loaders from "texts:privacy_pages/lazy";
import type { ComponentChildren } from "preact";
import { LazyTexts } from "../core/lazy";

export type PrivacyTexts = PrivacyPagesTexts;

interface Properties {
  readonly children: (texts: PrivacyTexts) => ComponentChildren;
}

/** Shows its children with the texts, once these are loaded. */
export function WithPrivacyTexts({ children }: Properties) {
  return <LazyTexts loaders={loaders}>{children}</LazyTexts>;
}
