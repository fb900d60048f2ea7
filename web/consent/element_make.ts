/** Builds elements: names, attributes, children. No mark-up from strings. */

type Child = Node | string | false | null;
type Attributes = Record<string, string | (() => void)>;

/** An element with these attributes (a function is what a click does) and children; false and null are left out. */
export function make<N extends keyof HTMLElementTagNameMap>(
  name: N,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[N] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (typeof value === "string") element.setAttribute(attribute, value);
    else element.addEventListener("click", value);
  }
  element.append(...children.filter((child) => child !== false && child !== null));
  return element;
}
