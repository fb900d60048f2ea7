/**
 * Finds texts that no browser code reads. It runs the compiler with declarations of every group but without any text. Each use of
 * a text is then an error that names it.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ENGLISH, messagesOf } from "./catalogue.mjs";
import { SURFACES } from "./surfaces.mjs";
import { declareTexts, typeOf } from "./texts_declare.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A text that is read by its name or by a key of the texts. */
const NAMED = [
  /Property '(\w+)' does not exist on type '([^']+)'/g,
  /Type '"(\w+)"' is not assignable to type 'keyof (\w+)'/g,
];
/** Texts that are read by a code, and texts that are passed as a whole. */
const BY_CODE = /can't be used to index type '([^']+)'/g;
const WHOLE = /Type '(\w+)' is (?:not assignable|missing)/g;

const typesIn = (text) => text.match(/\w*Texts\w*/g) ?? [];

/** Return the compiler's errors for the browser code when no text exists. */
function compileWithout(catalogue) {
  const folder = mkdtempSync(join(tmpdir(), "texts-"));
  try {
    writeFileSync(join(folder, "texts.d.ts"), declareTexts(catalogue, false));
    const include = ["ts", "tsx"].map((kind) => `${ROOT}web/**/*.${kind}`).concat(join(folder, "texts.d.ts"));
    const exclude = [`${ROOT}web/i18n/texts.d.ts`, `${ROOT}web/**/*.test.ts`, `${ROOT}web/support`];
    const compilerOptions = { typeRoots: [`${ROOT}node_modules/@types`], types: [`${ROOT}node_modules/vite/client`] };
    const config = { extends: `${ROOT}tsconfig.json`, compilerOptions, include, exclude };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    return spawnSync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, "-p", folder], {
      encoding: "utf8",
      maxBuffer: 64 << 20,
    }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Return the quoted words of the browser code. Every code that selects a text is among them, if only in a type. */
function quotedWords() {
  const files = readdirSync(`${ROOT}web`, { recursive: true }).filter((file) => /(?<!\.test|\.d)\.tsx?$/.test(file));
  return new Set(
    files.flatMap((file) => readFileSync(`${ROOT}web/${file}`, "utf8").match(/(?<=["'])\w+(?=["'])/g) ?? []),
  );
}

/** Return every text of the browser's surfaces that no code reads, such as "desk: theme". */
export function unusedTexts(catalogue) {
  const said = compileWithout(catalogue);
  const named = NAMED.flatMap((use) => [...said.matchAll(use)]).flatMap(([, key, types]) =>
    typesIn(types).map((type) => [type, key]),
  );
  const isNamed = new Set(named.map((use) => use.join(".")));
  const hasNames = new Set(named.map(([type]) => type));
  const byCode = new Set([...said.matchAll(BY_CODE)].flatMap(([, types]) => typesIn(types)));
  const whole = new Set([...said.matchAll(WHOLE)].flatMap(([, types]) => typesIn(types)));
  const quoted = quotedWords();
  // Of texts that are read by names and by codes, only the keys that are quoted somewhere are codes.
  const isUsed = (type, key) =>
    isNamed.has(`${type}.${key}`) || whole.has(type) || (byCode.has(type) && (!hasNames.has(type) || quoted.has(key)));
  const unused = [];
  for (const [surface, { modules }] of Object.entries(SURFACES)) {
    if (!modules) continue;
    for (const [path] of messagesOf(catalogue[ENGLISH][surface])) {
      const group = path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "";
      const key = path.slice(path.lastIndexOf(".") + 1);
      if (!isUsed(typeOf(surface, group), key)) unused.push(`${surface}: ${path}`);
    }
  }
  return unused;
}
