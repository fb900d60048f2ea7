/** Texts of the chat's settings. */
import type { TextSize, Theme } from "../shared/storage_values";
import type { WordTables } from "../shared/words_choose";

export interface SettingsWords {
  theme: string;
  themes: Record<Theme, string>;
  language: string;
  pageLanguage: string;
  textSize: string;
  textSizes: Record<TextSize, string>;
  sound: string;
  soundOn: string;
  /** What choosing does to the device. */
  hint: string;
}

const en: SettingsWords = {
  theme: "Colours",
  themes: { system: "As the device", light: "Light", dark: "Dark" },
  language: "Language",
  pageLanguage: "As the page",
  textSize: "Text size",
  textSizes: { normal: "Normal", large: "Large", larger: "Larger" },
  sound: "Sound",
  soundOn: "Play a quiet tone for a new message",
  hint: "A choice is kept in this browser for 180 days, and removed when you go back to the first one or delete it under “Your data”.",
};

const de: SettingsWords = {
  theme: "Farben",
  themes: { system: "Wie das Gerät", light: "Hell", dark: "Dunkel" },
  language: "Sprache",
  pageLanguage: "Wie die Seite",
  textSize: "Schriftgröße",
  textSizes: { normal: "Normal", large: "Groß", larger: "Größer" },
  sound: "Ton",
  soundOn: "Bei einer neuen Nachricht leise klingeln",
  hint: "Eine Wahl bleibt 180 Tage in diesem Browser. Sie wird entfernt, wenn Sie zur ersten zurückkehren oder sie unter „Ihre Daten“ löschen.",
};

const fr: SettingsWords = {
  theme: "Couleurs",
  themes: { system: "Comme l’appareil", light: "Clair", dark: "Sombre" },
  language: "Langue",
  pageLanguage: "Comme la page",
  textSize: "Taille du texte",
  textSizes: { normal: "Normale", large: "Grande", larger: "Plus grande" },
  sound: "Son",
  soundOn: "Jouer un son discret à chaque nouveau message",
  hint: "Un choix est conservé 180 jours dans ce navigateur. Il est retiré quand vous revenez au premier ou le supprimez sous « Vos données ».",
};

const es: SettingsWords = {
  theme: "Colores",
  themes: { system: "Como el dispositivo", light: "Claro", dark: "Oscuro" },
  language: "Idioma",
  pageLanguage: "Como la página",
  textSize: "Tamaño del texto",
  textSizes: { normal: "Normal", large: "Grande", larger: "Más grande" },
  sound: "Sonido",
  soundOn: "Emitir un tono suave con cada mensaje nuevo",
  hint: "Una elección se conserva 180 días en este navegador. Se quita cuando vuelves a la primera o la eliminas en «Tus datos».",
};

const ar: SettingsWords = {
  theme: "الألوان",
  themes: { system: "مثل الجهاز", light: "فاتح", dark: "داكن" },
  language: "اللغة",
  pageLanguage: "مثل الصفحة",
  textSize: "حجم النص",
  textSizes: { normal: "عادي", large: "كبير", larger: "أكبر" },
  sound: "الصوت",
  soundOn: "تشغيل نغمة خافتة عند وصول رسالة جديدة",
  hint: "يُحفظ الاختيار في هذا المتصفح 180 يومًا، ويُزال عند العودة إلى الاختيار الأول أو حذفه من «بياناتك».",
};

export const settingsWords: WordTables<SettingsWords> = { en, de, fr, es, ar };
