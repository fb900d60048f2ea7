/** Prints every message of the catalogue as the browser formats it with some values, as JSON. tests/house/test_texts.py compares it. */

import { loadCatalogue, messagesOf, PLURAL } from "./catalogue.mjs";
import { argumentsOf, compileMessage, parseMessage } from "./message.mjs";

/** Every plural category of every language has one of these, and some have two. */
const NUMBERS = [0, 1, 2, 3, 5, 11, 21, 22, 100, 102, 1_000_000];

/** Return the formatted message for each number; one text if it has no arguments. */
async function sayAll(text, language) {
  const parts = parseMessage(text);
  const code = `${PLURAL}export default ${compileMessage(parts, language)};`;
  const { default: say } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  if (typeof say === "string") return [say];
  const names = Object.entries(argumentsOf(parts));
  return NUMBERS.map((number) =>
    say(Object.fromEntries(names.map(([name, kind]) => [name, kind === "number" ? number : `<${name}>`]))),
  );
}

const said = {};
for (const [language, surfaces] of Object.entries(loadCatalogue())) {
  for (const [surface, texts] of Object.entries(surfaces)) {
    for (const [path, text] of messagesOf(texts)) {
      if (text.includes("{") || text.includes("'"))
        said[`${language}/${surface}/${path}`] = [text, await sayAll(text, language)];
    }
  }
}
process.stdout.write(JSON.stringify({ numbers: NUMBERS, said }));
