/** The tests of the browser code: as Vite does it by itself, with the catalogue of texts. */
import { defineConfig } from "vitest/config";
import { textsPlugin } from "./web/i18n/texts_plugin.mjs";

export default defineConfig({ plugins: [textsPlugin()] });
