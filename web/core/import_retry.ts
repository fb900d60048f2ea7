/**
 * Imports that can be repeated. Firefox stores a module that failed to load for the life of the page, as the HTML standard
 * requires. Every later `import()` of the same address then fails without a request. A new query makes a new address.
 */

/**
 * Return a function that imports a module. After a failure its next call uses another query. After a success it uses the same
 * one, so that the module runs once.
 *
 * @param load imports the address with this query, which may be empty
 */
export const importRetry = <Module>(load: (query: string) => Promise<Module>): (() => Promise<Module>) => {
  let query = "";
  return () =>
    load(query).catch((cause) => {
      query += "?retry";
      throw cause;
    });
};
