/** The element that holds the chat on a customer's page. */
import { pageDocument } from "./page_document";

/** Our own element name, so that the page's rules for `div` and the like do not apply to it. */
export const HOST_NAME = "crumbless-chat";

/**
 * The loader sets `panel`. An element of this name in the page's own mark-up has no panel, whatever its attributes or shadow
 * root.
 */
export interface ChatHost extends HTMLElement {
  panel?: HTMLElement;
}

/** Return the dialog of the chat that the loader has put on this page. */
export const findPanel = (): HTMLElement | undefined =>
  [...pageDocument.querySelectorAll<ChatHost>(HOST_NAME)].find(({ panel }) => panel)?.panel;
