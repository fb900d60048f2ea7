import type { KeptWords } from "./kept_words";

const conversations = (count: number) => (count === 1 ? "1 Unterhaltung" : `${count} Unterhaltungen`);
const messages = (count: number) => (count === 1 ? "1 Nachricht" : `${count} Nachrichten`);

const words: KeptWords = {
  reading: "Es wird nachgesehen …",
  empty: "Hier ist zurzeit nichts gespeichert.",
  size: "Größe",
  since: "Gespeichert seit",
  until: "Gespeichert bis",
  value: "Inhalt",
  where: {
    local: "Im lokalen Speicher dieses Browsers",
    session: "In diesem Tab (Sitzungsspeicher)",
    database: "In der Datenbank dieses Browsers (IndexedDB)",
    memory: "Im Arbeitsspeicher dieser Seite, bis sie geschlossen wird",
    page: "Im Speicher der Website um den Chat, für diesen Tab",
  },
  keyValue: "Ein Schlüssel, der sich weder lesen noch exportieren lässt",
  remove: "Löschen",
  removeOf: (key) => `${key} löschen`,
  removed: (key) => `Gelöscht: ${key}`,
  removeAll: "Alles löschen",
  removeAllAsk:
    "Alles hier Aufgeführte aus diesem Browser löschen? Ein Chat oder eine Sitzung, die es braucht, endet hier.",
  removedAll: "Alles wurde gelöscht.",
  exportAll: "Als JSON exportieren",
  cancel: "Abbrechen",
  plain: "Die Beschreibungen konnten nicht geladen werden. Stattdessen stehen hier die Namen.",
  chatPart: (site) => `Das speichert Ihr Browser für den Chat in ${site}.`,
  chatOwnPart: "Das speichert Ihr Browser für den allein geöffneten Chat und für unsere anderen Seiten.",
  chatPagePart: "Die Website um den Chat merkt sich außerdem für diesen Tab, ob der Chat offen ist.",
  chatLead: (host) => `Was dieser Browser für ${host} selbst speichert`,
  pageLead:
    "Öffnen Sie den Chat auf der Website und wählen Sie in seinem Menü „Ihre Daten“, auch um Ihre Unterhaltungen zu löschen:",
  deskPart: (host) => `Das speichert Ihr Browser für ${host}.`,
  deskLead: "Was der Chat in einer Website speichert, zeigt der Chat dort unter „Ihre Daten“.",
  deskMore: "Mehr darüber, was gespeichert wird",
  conversations: "Ihre Unterhaltungen",
  conversationsHint: "Sie liegen auf unserem Server, nicht in diesem Browser.",
  exportConversations: "Meine Unterhaltungen exportieren",
  erase: "Meine Unterhaltungen löschen",
  eraseAsk:
    "Alle Ihre Unterhaltungen auf dieser Website löschen? Ihre Nachrichten und unsere Antworten werden auf dem Server und hier gelöscht, und der Chat endet. Das lässt sich nicht rückgängig machen.",
  eraseYes: "Endgültig löschen",
  erased: (count, texts) => `Gelöscht: ${conversations(count)} mit ${messages(texts)}.`,
  working: "Einen Moment …",
  failed: "Das hat nicht geklappt. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.",
  sessionOver:
    "Dieser Chat ist inzwischen beendet. Wir können nicht mehr erkennen, dass die Unterhaltungen Ihnen gehören.",
};

export default words;
