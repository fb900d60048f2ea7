/** Interface texts of the parts that frame and desk share, in the languages we speak. */
import type { WordTables } from "./words_choose";

export * from "./words_choose";

export interface SharedWords {
  send: string;
  /** Accessible name of the thread. */
  messages: string;
  newMessages: string;
  sending: string;
  waiting: string;
  sent: string;
  seen: string;
  notSent: string;
  tryAgain: string;
  edit: string;
  closed: string;
  today: string;
  yesterday: string;
  /** Who wrote our own messages, for those who hear the page. */
  you: string;
  visitor: string;
  operator: string;
  typing: (name: string) => string;
  /** Near the limit: how many characters may still be typed. */
  charactersLeft: (left: number) => string;
  /** Over the limit: by how many. */
  tooLong: (over: number) => string;
  /** Why a message was refused, by the code of docs/protocol.md. */
  refusals: Record<string, string>;
  refused: string;
}

const en: SharedWords = {
  send: "Send",
  messages: "Messages",
  newMessages: "New messages",
  sending: "Sending…",
  waiting: "Waiting for connection",
  sent: "Sent",
  seen: "Seen",
  notSent: "Not sent",
  tryAgain: "Try again",
  edit: "Edit",
  closed: "Conversation closed",
  today: "Today",
  yesterday: "Yesterday",
  you: "You",
  visitor: "Visitor",
  operator: "Support",
  typing: (name) => `${name} is typing…`,
  charactersLeft: (left) => (left === 1 ? "1 character left" : `${left} characters left`),
  tooLong: (over) => `Too long by ${over === 1 ? "1 character" : `${over} characters`}. Please shorten it.`,
  refusals: {
    text_too_long: "It is too long. Please shorten it.",
    empty_text: "There are no words in it.",
    bad_text: "It holds characters that cannot be sent.",
    unknown_conversation: "This conversation no longer exists.",
    erased: "It had been erased. Write it anew if you still want to send it.",
    session_ended: "The chat had ended. Try again to start a new one.",
  },
  refused: "The server did not take it. Please try again.",
};

const de: SharedWords = {
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
  },
  refused: "Der Server hat sie nicht angenommen. Bitte erneut versuchen.",
};

const fr: SharedWords = {
  send: "Envoyer",
  messages: "Messages",
  newMessages: "Nouveaux messages",
  sending: "Envoi…",
  waiting: "En attente de connexion",
  sent: "Envoyé",
  seen: "Lu",
  notSent: "Non envoyé",
  tryAgain: "Réessayer",
  edit: "Modifier",
  closed: "Conversation terminée",
  today: "Aujourd’hui",
  yesterday: "Hier",
  you: "Vous",
  visitor: "Visiteur",
  operator: "Assistance",
  typing: (name) => `${name} écrit…`,
  charactersLeft: (left) => `Encore ${left} caractère${left > 1 ? "s" : ""}`,
  tooLong: (over) => `Trop long de ${over} caractère${over > 1 ? "s" : ""}. Merci de raccourcir.`,
  refusals: {
    text_too_long: "Il est trop long. Merci de raccourcir.",
    empty_text: "Il ne contient aucun mot.",
    bad_text: "Il contient des caractères qui ne peuvent pas être envoyés.",
    unknown_conversation: "Cette conversation n’existe plus.",
    erased: "Il avait été effacé. Réécrivez-le si vous voulez encore l’envoyer.",
    session_ended: "Le chat était terminé. Réessayez pour en commencer un autre.",
  },
  refused: "Le serveur ne l’a pas accepté. Merci de réessayer.",
};

const es: SharedWords = {
  send: "Enviar",
  messages: "Mensajes",
  newMessages: "Mensajes nuevos",
  sending: "Enviando…",
  waiting: "Esperando conexión",
  sent: "Enviado",
  seen: "Leído",
  notSent: "No enviado",
  tryAgain: "Reintentar",
  edit: "Editar",
  closed: "Conversación cerrada",
  today: "Hoy",
  yesterday: "Ayer",
  you: "Tú",
  visitor: "Visitante",
  operator: "Soporte",
  typing: (name) => `${name} está escribiendo…`,
  charactersLeft: (left) => (left === 1 ? "Queda 1 carácter" : `Quedan ${left} caracteres`),
  tooLong: (over) => `Sobran ${over === 1 ? "1 carácter" : `${over} caracteres`}. Acórtalo, por favor.`,
  refusals: {
    text_too_long: "Es demasiado largo. Acórtalo, por favor.",
    empty_text: "No contiene palabras.",
    bad_text: "Contiene caracteres que no se pueden enviar.",
    unknown_conversation: "Esta conversación ya no existe.",
    erased: "Se había borrado. Escríbalo de nuevo si todavía quiere enviarlo.",
    session_ended: "El chat había terminado. Reintenta para empezar otro.",
  },
  refused: "El servidor no lo aceptó. Inténtalo de nuevo.",
};

const ar: SharedWords = {
  send: "إرسال",
  messages: "الرسائل",
  newMessages: "رسائل جديدة",
  sending: "جارٍ الإرسال…",
  waiting: "في انتظار الاتصال",
  sent: "أُرسلت",
  seen: "شوهدت",
  notSent: "لم تُرسل",
  tryAgain: "إعادة المحاولة",
  edit: "تعديل",
  closed: "أُغلقت المحادثة",
  today: "اليوم",
  yesterday: "أمس",
  you: "أنت",
  visitor: "زائر",
  operator: "الدعم",
  typing: (name) => `${name} يكتب الآن…`,
  charactersLeft: (left) => `الأحرف المتبقية: ${left}`,
  tooLong: (over) => `النص طويل، الأحرف الزائدة: ${over}. يُرجى اختصاره.`,
  refusals: {
    text_too_long: "الرسالة طويلة جدًا. يُرجى اختصارها.",
    empty_text: "لا تحتوي الرسالة على كلمات.",
    bad_text: "تحتوي الرسالة على رموز لا يمكن إرسالها.",
    unknown_conversation: "لم تعد هذه المحادثة موجودة.",
    erased: "كانت قد مُحيت. اكتبها من جديد إن كنت لا تزال تريد إرسالها.",
    session_ended: "انتهت المحادثة. أعد المحاولة لبدء محادثة جديدة.",
  },
  refused: "لم يقبل الخادم الرسالة. يُرجى إعادة المحاولة.",
};

export const sharedWords: WordTables<SharedWords> = { en, de, fr, es, ar };
