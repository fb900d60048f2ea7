/**
 * The document and the globals of a customer's page. An element with a name replaces the document's property of that name (`<img
 * name=currentScript>`, `<form name=body>`) and a missing global (`<a id=gtag>`). With this "DOM clobbering", mark-up alone could
 * choose the values that our scripts read. Our scripts on such pages use this file for both.
 */

/**
 * The document with every property taken from the prototype, which elements cannot change. Where a node is expected, pass
 * `document`.
 */
export const pageDocument = new Proxy({} as Readonly<Document>, {
  get: (_, name) => {
    const value = Reflect.get(Document.prototype, name, document);
    return value?.bind?.(document) ?? value;
  },
});

/** Return a global that the browser or a script of the page has set; undefined for an element or frame with that name. */
export const pageGlobal = (name: string): unknown =>
  Object.hasOwn(window, name) ? (window as unknown as Record<string, unknown>)[name] : undefined;
