/**
 * Parts of a surface that are loaded when they are needed. Every dynamic import of the surfaces goes through here, so that a part
 * that did not come in an outage comes later; see import_retry.ts.
 */
import { importRetry } from "./import_retry";

/** Loads a part: its own file is the first, the others are imported by it. web/build.mjs writes the call into the built code. */
type Load = (files: readonly [string, ...string[]]) => Promise<never>;

/** Where the surface's files are: this one is among them. */
const addressOf = (file: string): string => new URL(file, import.meta.url).href;

/**
 * Download a file, so that the import finds it in the browser's cache. A failed download leaves no trace, whereas a failed import
 * would stay failed: a new query helps the part itself, but not the files that the part in turn imports.
 */
async function download(file: string): Promise<void> {
  const response = await fetch(addressOf(file));
  if (!response.ok) throw new TypeError(`${file}: ${response.status}`);
  await response.arrayBuffer();
}

/**
 * Return a function that loads a part. After a failure it can be called again.
 *
 * @param part exactly `() => import("./part")`, which web/build.mjs looks for; `.then(…)` may follow the import
 */
export const importPart = <Part>(part: (load: Load) => Promise<Part>): (() => Promise<Part>) =>
  importRetry((query) =>
    part(async (files) => {
      await Promise.all(files.map(download));
      return import(/* @vite-ignore */ addressOf(files[0]) + query) as Promise<never>;
    }),
  );
