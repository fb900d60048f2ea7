/**
 * Vite's plugin for the catalogue of texts:
 * - `texts:SURFACE` is a surface in all its languages.
 * - `texts:SURFACE/LANGUAGE` is a surface in one language.
 * - `texts:SURFACE/lazy` contains the functions that load each language.
 * - `texts:languages` contains the languages themselves.
 */
import { fileURLToPath } from "node:url";
import { compileAll, compileLanguage, languagesOf, loadCatalogue } from "./catalogue.mjs";

const PREFIX = "texts:";
const IMPORT_PART = fileURLToPath(new URL("../core/import_part.ts", import.meta.url));

/** Modules have paths that name their chunks in the manifest, such as frame_texts_de. */
const MODULES = fileURLToPath(new URL("../locales/modules/", import.meta.url));
const MODULE = /^(\w+?)_texts(?:_(\w+))?\.js$/;

function compileModule(catalogue, surface, part) {
  if (surface === "languages") return compileLanguages(catalogue);
  if (!part) return compileAll(catalogue, surface);
  if (part !== "lazy") return compileLanguage(catalogue, surface, part);
  const loaders = languagesOf(catalogue, surface).map(
    (one) => `${one}: importPart(() => import("${PREFIX}${surface}/${one}")),`,
  );
  return `import { importPart } from ${JSON.stringify(IMPORT_PART)};\nexport default {\n__proto__: null,\n${loaders.join("\n")}\n};\n`;
}

function compileLanguages(catalogue) {
  const languages = languagesOf(catalogue, "frame");
  const rightToLeft = languages.filter((one) => catalogue[one].language.direction === "rtl");
  return `export const LANGUAGES = ${JSON.stringify(languages)};\nexport const RIGHT_TO_LEFT = ${JSON.stringify(rightToLeft)};\n`;
}

/** Return the plugin. The build fails with all faults of the catalogue if there are any. */
export function textsPlugin() {
  let catalogue;
  return {
    name: "texts",
    enforce: "pre",
    buildStart() {
      catalogue = loadCatalogue();
    },
    resolveId(id) {
      if (!id.startsWith(PREFIX)) return undefined;
      const [surface, part] = id.slice(PREFIX.length).split("/");
      return `${MODULES}${[surface, "texts", part].filter(Boolean).join("_")}.js`;
    },
    load(id) {
      const [, surface, part] = id.startsWith(MODULES) ? (MODULE.exec(id.slice(MODULES.length)) ?? []) : [];
      if (!surface) return undefined;
      catalogue ??= loadCatalogue();
      return compileModule(catalogue, surface, part);
    },
  };
}
