/**
 * Parts of a surface that are loaded on demand. Every dynamic import of the surfaces uses this file, so that an import that
 * failed in an outage can be repeated; see import_retry.ts.
 */
import { importRetry } from "./import_retry";

/** Loads a part. Its own file is the first one; it imports the others. web/build.mjs writes the call into the built code. */
type Load = (files: readonly [string, ...string[]]) => Promise<never>;

/** Return the address of a file beside this one. */
const addressOf = (file: string): string => new URL(file, import.meta.url).href;

/**
 * Download a file, so that the import finds it in the browser's cache. A failed download can be repeated, but a failed import
 * stays failed. A new query would help the part itself, but not the files that the part imports.
 */
async function download(file: string): Promise<void> {
  const response = await fetch(addressOf(file));
  if (!response.ok) throw new TypeError(`${file}: ${response.status}`);
  await response.arrayBuffer();
}

/** Return whether the page has a preload link for the file. Its import then needs no request. */
const isPreloaded = (file: string): boolean =>
  document.querySelector(`link[rel=modulepreload][href$="${file.slice(1)}"]`) !== null;

/**
 * Return a function that loads a part. After a failure it can be called again.
 *
 * @param part exactly `() => import("./part")`, which web/build.mjs looks for; `.then(…)` may follow the import
 */
export const importPart = <Part>(part: (load: Load) => Promise<Part>): (() => Promise<Part>) =>
  importRetry((query) =>
    part(async (files) => {
      await Promise.all(files.filter((file) => !isPreloaded(file)).map(download));
      return import(/* @vite-ignore */ addressOf(files[0]) + query) as Promise<never>;
    }),
  );
