import shared from "../shared/words_de";
import type { ChatWords } from "./frame_words";

const words: ChatWords = {
  ...shared,
  close: "Chat schließen",
  message: "Nachricht",
  placeholder: "Nachricht schreiben …",
  online: "Wir antworten hier, so bald wir können",
  reconnecting: "Wartet auf Verbindung …",
  welcome: "Fragen Sie uns",
  welcomeMore: "Schreiben Sie unten Ihre erste Nachricht. Ein Mensch antwortet Ihnen hier im Chat.",
  keep: (days) => `Diesen Chat ${days} Tage auf diesem Gerät behalten`,
  keptUntil: (date) => `Bleibt bis ${date}. Ohne Haken wird er entfernt.`,
  tabOnly:
    "Dieser Chat bleibt, bis Sie den Tab schließen oder die Seite verlassen: Ihr Browser lässt uns nichts speichern.",
  keepRefused: "Ihr Browser lässt uns diesen Chat nicht auf dem Gerät behalten.",
  ended: "Dieser Chat ist beendet. Ihre nächste Nachricht beginnt einen neuen.",
  refusedSite: "Dieser Chat ist für diese Seite nicht eingerichtet. Bitte sagen Sie es dem Betreiber der Website.",
  menu: "Menü",
  settings: "Einstellungen",
  yourData: "Ihre Daten",
  onward: "Auf anderem Gerät fortsetzen",
  hither: "Von anderem Gerät fortsetzen",
  policy: "Datenschutz und Speicherung",
  newTab: "öffnet einen neuen Tab",
  back: "Zurück zum Chat",
  partFailed:
    "Dieser Teil konnte nicht geladen werden. Prüfen Sie Ihre Verbindung, schließen Sie ihn und versuchen Sie es erneut.",
};

export default words;
