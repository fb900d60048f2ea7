/** Writes web/i18n/texts.d.ts, the types of the catalogue's modules, which Git ignores. Run by `npm run types` and the build. */
import { loadCatalogue } from "./catalogue.mjs";
import { writeTypes } from "./texts_declare.mjs";

writeTypes(loadCatalogue());
