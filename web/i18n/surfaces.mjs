/**
 * The surfaces of the catalogue: one JSON file each in web/locales/LANGUAGE.
 * - `languages`: "every" language, or those of the "interface": chat and desk.
 * - `modules`: what the browser imports: "all" languages at once, for a few short texts, or the functions that load each language
 *   ("lazy"). Empty if the texts arrive in another way. Without it the server reads the surface.
 * - `includes`: a surface whose texts are a group of this one.
 * - `plain`: texts have values but no plurals, because their reader supports none.
 */
export const SURFACES = {
  language: { languages: "every", modules: ["all"] },
  launcher: { languages: "interface", modules: ["all"] },
  conversation: { languages: "interface", modules: [] },
  frame: { languages: "interface", modules: ["lazy"], includes: "conversation" },
  settings: { languages: "interface", modules: ["lazy"] },
  device_transfer: { languages: "interface", modules: ["lazy"] },
  desk: { languages: "interface", modules: ["lazy"], includes: "conversation" },
  desk_pages: { languages: "interface", modules: ["lazy"] },
  audit_log: { languages: "interface", modules: ["lazy"] },
  privacy_pages: { languages: "interface", modules: ["lazy"] },
  connection_check: { languages: "interface", modules: ["lazy"] },
  stored_data: { languages: "every", modules: ["lazy"] },
  consent: { languages: "every", modules: [], plain: true },
  policy: { languages: "every" },
  storage: { languages: "every" },
  server_data: { languages: "every" },
  email: { languages: "interface" },
};
