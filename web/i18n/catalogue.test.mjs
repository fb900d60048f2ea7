import { expect, test } from "vitest";
import { checkCatalogue, compileLanguage, loadCatalogue, readCatalogue } from "./catalogue.mjs";
import { SURFACES } from "./surfaces.mjs";
import { unusedTexts } from "./texts_used.mjs";

const catalogue = readCatalogue();

/** Return the faults of the catalogue after a change to one file. Before the change it has none. */
function faultsAfter(language, surface, change) {
  const changed = structuredClone(catalogue);
  change(changed[language][surface], changed);
  return checkCatalogue(changed);
}

/** Return the texts of a surface as the browser gets them. */
async function run(changed, surface, language) {
  const code = compileLanguage(changed, surface, language);
  return (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)).default;
}

test("the catalogue has no fault", () => {
  expect(checkCatalogue(catalogue)).toEqual([]);
  expect(loadCatalogue()).toEqual(catalogue);
});

test("a key that only another language or only English has is a fault", () => {
  const texts = (desk) => {
    delete desk.email;
    desk.extra = "Mehr";
  };
  expect(faultsAfter("de", "desk", texts)).toEqual([
    "de/desk.json: email is missing",
    "de/desk.json: extra is not in English",
  ]);
});

test("a missing file, an unknown surface and half an interface are faults", () => {
  expect(faultsAfter("de", "desk", (_, all) => delete all.de.desk)).toEqual(["de/desk.json is missing"]);
  const moon = (_, all) => Object.assign(all.de, { moon: {} });
  expect(faultsAfter("de", "desk", moon)).toEqual(["de/moon.json: no such surface in web/i18n/surfaces.mjs"]);
  const publicTexts = Object.entries(catalogue.en).filter(([surface]) => SURFACES[surface].languages === "every");
  const half = (_, all) => Object.assign(all, { da: { ...Object.fromEntries(publicTexts), desk: all.en.desk } });
  expect(faultsAfter("en", "language", half)).toEqual([
    "da/desk.json: a language has all surfaces of the interface or none",
  ]);
});

test.each([
  ["en", "{count, plural, one {#} few {#} other {#}}", '{count} has the plural category few, unknown in "en"'],
  ["ar", "{count, plural, one {#} other {#}}", "{count} lacks the plural category few, many, two, zero"],
  ["fr", "{count, plural, one {#} other {#}}", "{count} lacks the plural category many"],
])("in %s, %s is a fault", (language, message, fault) => {
  const [found] = faultsAfter(language, "desk", (desk) => Object.assign(desk, { unread: message }));
  const order = (line) => line.split(/[ ,]+/).sort();
  expect(order(found)).toEqual(order(`${language}/desk.json: unread ${fault}`));
});

test.each([
  ["{who} ungelesen", 'takes [["who","text"]], in English [["count","number"]]'],
  ["{count} ungelesen", 'takes [["count","text"]], in English [["count","number"]]'],
  ["{count, plural, one {Peter's} other {#}}", "has a straight quote: use curly ones"],
  ["", "is not a text, is empty, or begins or ends with a blank"],
  [" ungelesen", "is not a text, is empty, or begins or ends with a blank"],
  ["{count, plural, one {#}}", "is not a message that can be compiled: MISSING_OTHER_CLAUSE"],
  ["{count, number}", "is not a message that can be compiled: {count}: only values and cardinal plurals are supported"],
  [
    "{count, selectordinal, other {#}}",
    "is not a message that can be compiled: {count}: only values and cardinal plurals are supported",
  ],
  ["{count", "is not a message that can be compiled: EXPECT_ARGUMENT_CLOSING_BRACE"],
])("the German text “%s” is a fault", (message, fault) => {
  expect(faultsAfter("de", "desk", (desk) => Object.assign(desk, { unread: message }))).toEqual([
    `de/desk.json: unread ${fault}`,
  ]);
});

test.each(["{time, plural, one {#} other {#}}", "{time} '{'"])(
  "in the consent manager's texts, %s is a fault",
  (text) => {
    const change = (_, all) => {
      for (const { consent } of Object.values(all)) consent.longest = text;
    };
    expect(faultsAfter("en", "consent", change)).toContain(
      "en/consent.json: longest has a plural or a quoted brace, which its reader does not know",
    );
  },
);

test("a text becomes a string, or a function of its values", async () => {
  const changed = structuredClone(catalogue);
  Object.assign(changed.en.frame, {
    unread: "{count, plural, =0 {Nothing} one {# thing} other {# things}} here",
  });
  changed.en.frame.welcome = "A '{brace}', a ` and a $'{'";
  const texts = await run(changed, "frame", "en");
  expect(texts.welcome).toBe("A {brace}, a ` and a ${");
  const said = [0, 1, 2].map((count) => texts.unread({ count }));
  expect(said).toEqual(["Nothing here", "1 thing here", "2 things here"]);
});

test("a value is inserted unchanged, whatever it contains", async () => {
  const { typing } = await run(catalogue, "conversation", "en");
  const name = "{name} $&'{1}' `";
  expect(typing({ name })).toBe(`${name} is typing…`);
});

test("every text of the browser is read by its code", () => {
  // The server uses the direction in the policy page. The consent manager builds the key from the category.
  const known = ["language: direction", "consent: marketingText"];
  expect(unusedTexts(catalogue)).toEqual(known);
  const changed = structuredClone(catalogue);
  for (const { desk } of Object.values(changed)) if (desk) desk.nobodyReadsThis = "Nothing";
  expect(unusedTexts(changed)).toEqual([known[0], "desk: nobodyReadsThis", known[1]]);
}, 120_000);
