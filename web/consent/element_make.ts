/** Builds elements: names, attributes, children. No mark-up from strings. */
import { pageDocument } from "../shared/page_document";

type Child = Node | string | false | null;
type Attributes = Record<string, string | (() => void)>;

/** An element with these attributes (a function is what a click does) and children; empty ones are left out. */
export function make<N extends keyof HTMLElementTagNameMap>(
  name: N,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[N] {
  const element = pageDocument.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (typeof value === "string") element.setAttribute(attribute, value);
    else element.addEventListener("click", value);
  }
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}
