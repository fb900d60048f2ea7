/** Builds elements from names, attributes and children, without mark-up in strings. */
import { pageDocument } from "../core/page_document";

type Child = Node | string | false | null;
type Attributes = Record<string, string | (() => void)>;

/**
 * Return an element with these attributes and children. A function as an attribute is the click listener; empty values are
 * omitted.
 */
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
