/** One message in ICU MessageFormat: its arguments, its validity in a language, and its JavaScript. */
import { parse, TYPE } from "@formatjs/icu-messageformat-parser";

/** The categories that a language has, such as one, few, many and other in Polish. */
const categoriesOf = (language) => new Intl.PluralRules(language).resolvedOptions().pluralCategories;

/** Return the parts of a message. Raises Error if it is not ICU MessageFormat or uses a format that we do not compile. */
export function parseMessage(text) {
  const parts = parse(text, { ignoreTag: true, requiresOtherClause: true, shouldParseSkeletons: false });
  checkParts(parts);
  return parts;
}

function checkParts(parts) {
  for (const part of parts) {
    if (part.type === TYPE.literal || part.type === TYPE.argument || part.type === TYPE.pound) continue;
    const isPlural = part.type === TYPE.plural && part.pluralType === "cardinal" && part.offset === 0;
    if (!isPlural) throw new Error(`{${part.value}}: only values and cardinal plurals are supported`);
    for (const { value } of Object.values(part.options)) checkParts(value);
  }
}

/** Return the arguments of a message: name → "number" if a plural depends on it, else "text". */
export function argumentsOf(parts, found = {}) {
  for (const part of parts) {
    if (part.type === TYPE.argument) found[part.value] ??= "text";
    if (part.type !== TYPE.plural) continue;
    found[part.value] = "number";
    for (const { value } of Object.values(part.options)) argumentsOf(value, found);
  }
  return found;
}

/** Return the errors of a message in its language. */
export function faultsOf(parts, language) {
  const faults = [];
  const expected = categoriesOf(language);
  for (const part of parts) {
    if (part.type === TYPE.literal && /['"]/.test(part.value)) faults.push("has a straight quote: use curly ones");
    if (part.type !== TYPE.plural) continue;
    const given = Object.keys(part.options).filter((name) => !name.startsWith("="));
    const missing = expected.filter((name) => !given.includes(name));
    const unknown = given.filter((name) => !expected.includes(name));
    if (missing.length) faults.push(`{${part.value}} lacks the plural category ${missing.join(", ")}`);
    if (unknown.length)
      faults.push(`{${part.value}} has the plural category ${unknown.join(", ")}, unknown in "${language}"`);
    for (const { value } of Object.values(part.options)) faults.push(...faultsOf(value, language));
  }
  return faults;
}

/**
 * Return a message as a JavaScript expression: a string, or a function of its values. Expects `plural(language, count, forms)` in
 * scope if the message has plurals.
 */
export function compileMessage(parts, language) {
  const names = Object.keys(argumentsOf(parts));
  if (!names.length) return JSON.stringify(parts.map(({ value }) => value).join(""));
  return `({ ${names.join(", ")} }) => ${compileParts(parts, language)}`;
}

const escapeLiteral = (text) => text.replace(/[\\`]|\$(?=\{)/g, "\\$&");

function compileParts(parts, language, count = "") {
  const pieces = parts.map((part) => {
    if (part.type === TYPE.literal) return escapeLiteral(part.value);
    if (part.type === TYPE.pound) return `\${${count}}`;
    if (part.type === TYPE.argument) return `\${${part.value}}`;
    return `\${${compilePlural(part, language)}}`;
  });
  return `\`${pieces.join("")}\``.replace(/^`\$\{(plural\(.*\))\}`$/s, "$1");
}

/** A form that equals `other` is omitted: `plural` falls back to it. */
function compilePlural({ value: name, options }, language) {
  const forms = Object.entries(options).map(([form, { value }]) => [form, compileParts(value, language, name)]);
  const [, other] = forms.find(([form]) => form === "other");
  const exact = forms.filter(([form]) => form.startsWith("="));
  const bent = forms.filter(([form, text]) => !form.startsWith("=") && (form === "other" || text !== other));
  const byCategory =
    bent.length === 1
      ? other
      : `plural("${language}", ${name}, { ${bent.map(([form, text]) => `${form}: ${text}`).join(", ")} })`;
  return exact.reduce((rest, [form, text]) => `(${name} === ${form.slice(1)} ? ${text} : ${rest})`, byCategory);
}
