/**
 * The document and the globals of a page that is not ours. An element with a name takes the place of the document's property of
 * that name (`<img name=currentScript>`, `<form name=body>`), and of a global that does not exist (`<a id=gtag>`): with "DOM
 * clobbering", mark-up alone would choose what our scripts read. Our scripts on such pages read both through this file only.
 */

/** The document, with every property taken from the prototype, which elements cannot change. Where a node is expected, pass `document`. */
export const pageDocument = new Proxy({} as Readonly<Document>, {
  get: (_, name) => {
    const value = Reflect.get(Document.prototype, name, document);
    return value?.bind?.(document) ?? value;
  },
});

/** Return a global that a script of the page has set, or the browser; undefined for an element or frame with that name. */
export const pageGlobal = (name: string): unknown =>
  Object.hasOwn(window, name) ? (window as unknown as Record<string, unknown>)[name] : undefined;
