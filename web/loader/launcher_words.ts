/** The few texts of the launcher. */
import { chooseLanguage, type Direction, type WordTables } from "../shared/words_choose";

/** Name of the launcher, name of the dialog, one new message, several (`#`: how many), and what a failed load says. */
export type LauncherWords = readonly [launch: string, chat: string, one: string, several: string, failed: string];

const tables: WordTables<LauncherWords> = {
  en: ["Chat with us", "Chat", "1 new message", "# new messages", "The chat did not load. Please open it again."],
  de: [
    "Chatten Sie mit uns",
    "Chat",
    "1 neue Nachricht",
    "# neue Nachrichten",
    "Der Chat lädt nicht. Bitte erneut öffnen.",
  ],
  fr: [
    "Discutez avec nous",
    "Chat",
    "1 nouveau message",
    "# nouveaux messages",
    "Le chat ne charge pas. Merci de le rouvrir.",
  ],
  es: ["Chatea con nosotros", "Chat", "1 mensaje nuevo", "# mensajes nuevos", "El chat no carga. Ábrelo de nuevo."],
  ar: ["تحدث معنا", "الدردشة", "رسالة جديدة", "رسائل جديدة: #", "تعذر تحميل الدردشة. افتحها من جديد."],
};

/** The texts for the page's language, and its direction. */
export function chooseWords(tag: string): { words: LauncherWords; direction: Direction } {
  const { language, direction } = chooseLanguage(tag);
  return { words: tables[language], direction };
}
