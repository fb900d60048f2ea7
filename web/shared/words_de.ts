import type { SharedWords } from "./words_shape";

const words: SharedWords = {
  send: "Senden",
  messages: "Nachrichten",
  newMessages: "Neue Nachrichten",
  sending: "Wird gesendet …",
  waiting: "Wartet auf Verbindung",
  sent: "Gesendet",
  seen: "Gelesen",
  notSent: "Nicht gesendet",
  tryAgain: "Erneut versuchen",
  edit: "Bearbeiten",
  closed: "Unterhaltung beendet",
  today: "Heute",
  yesterday: "Gestern",
  you: "Sie",
  visitor: "Besucher",
  operator: "Support",
  typing: (name) => `${name} schreibt …`,
  charactersLeft: (left) => `Noch ${left} Zeichen`,
  tooLong: (over) => `${over} Zeichen zu lang. Bitte kürzen.`,
  refusals: {
    text_too_long: "Sie ist zu lang. Bitte kürzen.",
    empty_text: "Sie enthält keine Wörter.",
    bad_text: "Sie enthält Zeichen, die nicht gesendet werden können.",
    unknown_conversation: "Diese Unterhaltung gibt es nicht mehr.",
    erased: "Sie war gelöscht worden. Schreiben Sie sie neu, wenn Sie sie noch senden möchten.",
    session_ended: "Der Chat war beendet. Ein neuer Versuch beginnt einen neuen.",
    banned: "Die Website hat diesen Chat für Sie vorerst gesperrt. Sie erreichen den Betreiber auf anderem Weg.",
    identity_needed: "Bitte melden Sie sich zuerst auf dieser Website an, dann erneut versuchen.",
  },
  refused: "Der Server hat sie nicht angenommen. Bitte erneut versuchen.",
};

export default words;
