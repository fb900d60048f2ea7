/** The types of the catalogue's modules, from the English texts. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ENGLISH, languagesOf } from "./catalogue.mjs";
import { argumentsOf, parseMessage } from "./message.mjs";
import { SURFACES } from "./surfaces.mjs";

const pascal = (name) => name.replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase());

/** Return the name of the type of a surface's texts, or of a group of them. */
export const typeOf = (surface, path = "") =>
  `${pascal(surface)}Texts${path.replace(/(?:^|\.)(\w)/g, (_, a) => a.toUpperCase())}`;

function signatureOf(text) {
  const found = Object.entries(argumentsOf(parseMessage(text)));
  if (!found.length) return "string";
  const values = found.map(([name, kind]) => `${name}: ${kind === "number" ? "number" : "string | number"}`);
  return `(values: { ${values.join("; ")} }) => string`;
}

/** Return the types of a surface: its own, then one for each group. `keep` selects the texts that are declared. */
function typesOf(surface, texts, keep, path = "") {
  const { includes, plain } = SURFACES[surface];
  const members = [];
  const groups = [];
  for (const [key, text] of Object.entries(texts)) {
    const here = path ? `${path}.${key}` : key;
    if (typeof text === "object") {
      members.push(`    readonly ${key}: ${typeOf(surface, here)};\n`);
      groups.push(typesOf(surface, text, keep, here));
    } else if (keep) members.push(`    readonly ${key}: ${plain ? "string" : signatureOf(text)};\n`);
  }
  if (includes && !path) members.push(`    readonly ${includes}: ${typeOf(includes)};\n`);
  // A type, not an interface: groups are also read by codes, which needs an index signature.
  const name = typeOf(surface, path);
  // The compiler would call a type without members "{}".
  if (!keep) members.push(`    readonly "${name}": 0;\n`);
  return [`  export type ${name} = {\n${members.join("")}  };\n`, ...groups].join("\n");
}

const declaration = (id, ...lines) => `declare module "texts:${id}" {\n${lines.join("\n")}}\n`;

function declareSurface(catalogue, surface, keep) {
  const { includes, modules = [] } = SURFACES[surface];
  const type = typeOf(surface);
  const languages = languagesOf(catalogue, surface);
  const union = (some) => some.map((one) => JSON.stringify(one)).join(" | ");
  const importType = `  import type { ${type} } from "texts:${surface}";\n`;
  const own = typesOf(surface, catalogue[ENGLISH][surface], keep);
  const declared = [
    declaration(
      surface,
      ...(includes ? [`  import type { ${typeOf(includes)} } from "texts:${includes}";\n`] : []),
      own,
      ...(modules.includes("all")
        ? [`  const texts: Readonly<Record<${union(languages)}, ${type}>>;\n  export default texts;\n`]
        : []),
    ),
  ];
  if (modules.includes("lazy")) {
    declared.push(
      declaration(
        `${surface}/lazy`,
        importType,
        `  const loaders: Readonly<Record<${union(languages)}, () => Promise<{ default: ${type} }>>>;\n  export default loaders;\n`,
      ),
      declaration(`${surface}/${ENGLISH}`, importType, `  const texts: ${type};\n  export default texts;\n`),
    );
  }
  return declared.join("\n");
}

/**
 * Return the declarations of all modules of the catalogue. Without `keep`, return only those of their groups, as if no text
 * existed.
 */
export function declareTexts(catalogue, keep = true) {
  const union = languagesOf(catalogue, "frame")
    .map((one) => JSON.stringify(one))
    .join(" | ");
  const languages = declaration(
    "languages",
    "  /** BCP 47 primary subtags of the languages of the chat and the desk. */\n",
    `  export type Language = ${union};\n`,
    "  export const LANGUAGES: readonly Language[];\n",
    "  export const RIGHT_TO_LEFT: readonly Language[];\n",
  ).replaceAll("\n\n", "\n");
  const surfaces = Object.keys(SURFACES).filter((surface) => SURFACES[surface].modules);
  return [
    "// Made by web/i18n/generate_texts.mjs from web/locales/en. Do not edit.\n",
    languages,
    ...surfaces.map((surface) => declareSurface(catalogue, surface, keep)),
  ].join("\n");
}

/**
 * Write texts.d.ts beside this file, for the compiler and editors. A file that is up to date is not touched, because the build
 * watches it.
 */
export function writeTypes(catalogue) {
  const target = fileURLToPath(new URL("texts.d.ts", import.meta.url));
  const made = declareTexts(catalogue);
  if (!existsSync(target) || readFileSync(target, "utf8") !== made) writeFileSync(target, made);
}
