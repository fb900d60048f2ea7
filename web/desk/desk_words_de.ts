import type { DeskWords } from "./desk_words";

const words: DeskWords = {
  email: "E-Mail",
  password: "Passwort",
  signIn: "Anmelden",
  signingIn: "Anmeldung läuft…",
  signInHint: "Antworten Sie den Besuchern Ihrer Websites.",
  enterBoth: "Geben Sie E-Mail und Passwort ein.",
  wrongSignIn: "E-Mail oder Passwort ist falsch. Prüfen Sie beides und versuchen Sie es noch einmal.",
  tooManyTries: (seconds) => `Zu viele Versuche. Warten Sie ${seconds} Sekunden und versuchen Sie es dann noch einmal.`,
  unreachable: "Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
  serverFault: "Auf dem Server ist ein Fehler aufgetreten. Versuchen Sie es gleich noch einmal.",
  needsSecurePage: "Diese Adresse ist für die Anmeldung nicht sicher genug",
  needsSecurePageHint:
    "Ihr Browser erzeugt den Schlüssel, der Ihre Anmeldung schützt, nur auf einer sicheren Seite. Öffnen Sie den Desk mit einer Adresse, die mit https:// beginnt.",
  sessionEnded: "Ihre Anmeldung ist abgelaufen. Bitte melden Sie sich neu an. Angefangene Antworten sind noch da.",
  signedOut: "Sie sind abgemeldet. In diesem Browser ist nichts von Ihnen zurückgeblieben.",
  signedOutHere:
    "Sie sind abgemeldet und in diesem Browser ist nichts von Ihnen zurückgeblieben. Der Server war nicht erreichbar; seine Sitzung endet von selbst, und ohne den Schlüssel dieses Browsers kann sie niemand benutzen.",
  lastsForTab: "Dieser Browser speichert nichts. Sie bleiben angemeldet, bis Sie diesen Tab schließen.",
  dismiss: "Ausblenden",

  conversations: "Unterhaltungen",
  waiting: "Wartet",
  open: "Offen",
  closed: "Geschlossen",
  unread: (count) => `${count} ungelesen`,
  you: "Sie:",
  typingShort: "schreibt…",
  showOlder: "Ältere anzeigen",
  noneYet: "Noch keine Unterhaltungen",
  noneYetHint: "Sobald ein Besucher auf einer Ihrer Websites schreibt, erscheint die Unterhaltung hier.",
  noneSelected: "Keine Unterhaltung ausgewählt",
  noneSelectedHint: "Wählen Sie eine aus der Liste, um sie zu lesen und zu antworten.",
  loading: "Wird geladen…",
  listFailed: "Die Unterhaltungen konnten nicht geladen werden.",
  threadFailed: "Diese Unterhaltung konnte nicht geladen werden.",
  olderFailed: "Mehr konnte nicht geladen werden.",
  notFound: "Diese Unterhaltung gibt es nicht",
  notFoundHint: "Vielleicht wurde sie gelöscht, oder sie gehört zu einem anderen Arbeitsbereich.",
  tryAgain: "Erneut versuchen",

  back: "Zurück zu den Unterhaltungen",
  closeConversation: "Unterhaltung schließen",
  closeFailed: "Die Unterhaltung konnte nicht geschlossen werden. Versuchen Sie es noch einmal.",
  closedHint: "Diese Unterhaltung ist geschlossen. Eine Antwort öffnet es wieder.",
  reply: "Antwort",
  heldBack: "Ihre Anmeldung war abgelaufen, bevor sie gesendet wurde.",
  showEarlier: "Frühere anzeigen",
  connectionLost: "Keine Verbindung. Neuer Versuch…",

  account: "Konto",
  signOut: "Abmelden",
  unsentOnSignOut: "Noch nicht gesendete Antworten werden gelöscht.",
};

export default words;
