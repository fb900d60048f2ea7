/**
 * The surfaces of the catalogue: one JSON file each in web/locales/LANGUAGE.
 * - `languages`: "every" language, or those of the "interface": chat and desk.
 * - `modules`: what the browser imports: "all" languages at once, or the functions that load each ("lazy"). Without it the server
 *   reads the surface.
 * - `includes`: a surface whose texts are part of this one.
 * - `englishIsLoaded`: English is in the surface's own script.
 * - `plain`: texts have values but no plurals, because their reader supports none.
 */
export const SURFACES = {
  language: { languages: "every", modules: ["all"] },
  launcher: { languages: "interface", modules: ["all"] },
  conversation: { languages: "interface", modules: ["all"] },
  frame: { languages: "interface", modules: ["lazy"], includes: "conversation", englishIsLoaded: true },
  settings: { languages: "interface", modules: ["all"] },
  device_transfer: { languages: "interface", modules: ["all"] },
  desk: { languages: "interface", modules: ["all"] },
  desk_pages: { languages: "interface", modules: ["lazy"] },
  audit_log: { languages: "interface", modules: ["all"] },
  connection_check: { languages: "interface", modules: ["lazy"] },
  stored_data: { languages: "every", modules: ["lazy"] },
  consent: { languages: "every", modules: [], plain: true },
  policy: { languages: "every" },
  storage: { languages: "every" },
  email: { languages: "interface" },
};
