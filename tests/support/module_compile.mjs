// Prints a TypeScript module without imports as JavaScript, for a page of a test: node module_compile.mjs PATH
import { readFile } from "node:fs/promises";
import { transformWithOxc } from "vite";

const [path] = process.argv.slice(2);
process.stdout.write((await transformWithOxc(await readFile(path, "utf8"), path)).code);
