/** The catalogue of texts: reads web/locales, checks that the languages agree, and compiles a surface to JavaScript. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TYPE } from "@formatjs/icu-messageformat-parser";
import { argumentsOf, compileMessage, faultsOf, parseMessage } from "./message.mjs";
import { SURFACES } from "./surfaces.mjs";

export const LOCALES = fileURLToPath(new URL("../locales/", import.meta.url));

/** The source language of all translations. It is shown if a language is missing. */
export const ENGLISH = "en";

/** A language belongs to the chat and the desk if it has a file for this surface. */
const INTERFACE = "frame";

/** Read every file of the catalogue once: language → surface → texts. */
export function readCatalogue(folder = LOCALES) {
  const found = readdirSync(folder).map((language) => [language, readLanguage(`${folder}/${language}`)]);
  return Object.fromEntries(found.sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1)));
}

/** English comes first; the others follow by their own names. */
const orderOf = ([language, { language: described }]) =>
  language === ENGLISH ? "" : (described?.name?.toLowerCase() ?? language);

function readLanguage(folder) {
  const files = readdirSync(folder).map((file) => [
    file.replace(/\.json$/, ""),
    readFileSync(`${folder}/${file}`, "utf8"),
  ]);
  return Object.fromEntries(
    files.map(([surface, text]) => {
      try {
        return [surface, JSON.parse(text)];
      } catch (error) {
        throw new Error(`${folder}/${surface}.json: ${error.message}`);
      }
    }),
  );
}

/** Return the languages that a surface has to have. */
export function languagesOf(catalogue, surface) {
  const languages = Object.keys(catalogue);
  return SURFACES[surface].languages === "every"
    ? languages
    : languages.filter((language) => INTERFACE in catalogue[language]);
}

/** Return every message of a surface with its path, such as ["stepUp.title", "Confirm it’s you"]. */
export function messagesOf(texts, path = "") {
  return Object.entries(texts).flatMap(([key, text]) => {
    const here = path ? `${path}.${key}` : key;
    return typeof text === "object" && text ? messagesOf(text, here) : [[here, text]];
  });
}

/** Return every error in the catalogue, one line each. */
export function checkCatalogue(catalogue) {
  return [...checkFiles(catalogue), ...Object.keys(SURFACES).flatMap((surface) => checkTexts(catalogue, surface))];
}

function checkFiles(catalogue) {
  const faults = [];
  for (const [language, surfaces] of Object.entries(catalogue)) {
    for (const surface of Object.keys(surfaces)) {
      if (!(surface in SURFACES)) faults.push(`${language}/${surface}.json: no such surface in web/i18n/surfaces.mjs`);
      else if (!languagesOf(catalogue, surface).includes(language))
        faults.push(`${language}/${surface}.json: a language has all surfaces of the interface or none`);
    }
  }
  return faults;
}

function checkTexts(catalogue, surface) {
  const english = new Map(messagesOf(catalogue[ENGLISH]?.[surface] ?? {}));
  return languagesOf(catalogue, surface).flatMap((language) => {
    const file = `${language}/${surface}.json`;
    const texts = catalogue[language][surface];
    if (!texts) return [`${file} is missing`];
    const faults = checkSurface(new Map(messagesOf(texts)), english, language, SURFACES[surface].plain);
    return faults.map((one) => `${file}: ${one}`);
  });
}

function checkSurface(messages, english, language, plain) {
  const faults = [...english.keys()].filter((key) => !messages.has(key)).map((key) => `${key} is missing`);
  for (const [key, text] of messages) {
    if (!english.has(key)) faults.push(`${key} is not in English`);
    else faults.push(...checkMessage(text, english.get(key), language, plain).map((fault) => `${key} ${fault}`));
  }
  return faults;
}

const isPlain = (parts) =>
  parts.every(({ type, value }) => type === TYPE.argument || (type === TYPE.literal && !/[{}]/.test(value)));

function checkMessage(text, english, language, plain) {
  if (typeof text !== "string" || !text || text !== text.trim())
    return ["is not a text, is empty, or begins or ends with a blank"];
  try {
    const parts = parseMessage(text);
    const given = argumentsOf(parts);
    const wanted = argumentsOf(parseMessage(english));
    const faults = faultsOf(parts, language);
    const asText = (found) => JSON.stringify(Object.entries(found).sort());
    if (asText(given) !== asText(wanted)) faults.push(`takes ${asText(given)}, in English ${asText(wanted)}`);
    if (plain && !isPlain(parts)) faults.push("has a plural or a quoted brace, which its reader does not know");
    return faults;
  } catch (error) {
    return [`is not a message that can be compiled: ${error.message}`];
  }
}

/** Return the texts of a surface in a language. The texts of a surface that it includes are a group with that surface's name. */
export function textsOf(catalogue, surface, language) {
  const { includes } = SURFACES[surface];
  const own = catalogue[language][surface];
  if (!includes) return own;
  if (includes in own) throw new Error(`${surface} has a text with the name of the surface ${includes}`);
  return { ...own, [includes]: catalogue[language][includes] };
}

export const PLURAL =
  "const plural = (language, count, forms) => forms[new Intl.PluralRules(language).select(count)] ?? forms.other;\n";

/** Return the JavaScript of an object with the texts of a surface: strings, and functions where a text takes values. */
function compileTexts(texts, language) {
  const members = Object.entries(texts).map(([key, text]) => {
    const name = /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);
    return `${name}: ${typeof text === "object" ? compileTexts(text, language) : compileMessage(parseMessage(text), language)}`;
  });
  return `{ ${members.join(",\n")} }`;
}

const withPlural = (code) => (code.includes("plural(") ? PLURAL + code : code);

/** Return the module of a surface in one language. */
export const compileLanguage = (catalogue, surface, language) =>
  withPlural(`export default ${compileTexts(textsOf(catalogue, surface, language), language)};\n`);

/** Return the module of a surface in all languages: language → texts. */
export function compileAll(catalogue, surface) {
  const tables = languagesOf(catalogue, surface).map(
    (language) => `${language}: ${compileTexts(textsOf(catalogue, surface, language), language)}`,
  );
  return withPlural(`export default { __proto__: null, ${tables.join(",\n")} };\n`);
}

/** Return the catalogue. Raises Error with every fault if there are any. */
export function loadCatalogue(folder = LOCALES) {
  if (!existsSync(folder)) throw new Error(`${folder} does not exist`);
  const catalogue = readCatalogue(folder);
  const faults = checkCatalogue(catalogue);
  if (faults.length) throw new Error(`The catalogue of texts has ${faults.length} faults:\n${faults.join("\n")}`);
  return catalogue;
}
