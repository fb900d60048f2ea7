/** Texts of the frame. */
import type { WordTables } from "../shared/words_choose";

export interface FrameWords {
  close: string;
  message: string;
  placeholder: string;
  /** Status line under the site's name. */
  online: string;
  reconnecting: string;
  /** Empty state. */
  welcome: string;
  welcomeMore: string;
  /** Label of the tick. */
  keep: (days: number) => string;
  keptUntil: (date: string) => string;
  /** Nothing can be kept (storage is blocked, or there is no key to bind the session to): what that means. */
  tabOnly: string;
  /** The tick did not work. */
  keepRefused: string;
  ended: string;
  /** The page is not on the site's list. */
  refusedSite: string;
}

const en: FrameWords = {
  close: "Close chat",
  message: "Message",
  placeholder: "Write a message…",
  online: "We reply here as soon as we can",
  reconnecting: "Waiting for connection…",
  welcome: "Ask us anything",
  welcomeMore: "Write your first message below. A person will answer you here, in this chat.",
  keep: (days) => `Keep this chat on this device for ${days} days`,
  keptUntil: (date) => `Kept until ${date}. Untick to remove.`,
  tabOnly: "This chat lasts until you close this tab or leave this page: your browser does not let us keep it.",
  keepRefused: "Your browser does not let us keep this chat on the device.",
  ended: "This chat has ended. Your next message starts a new one.",
  refusedSite: "This chat is not set up for this page. Please tell the owner of the website.",
};

const de: FrameWords = {
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
};

const fr: FrameWords = {
  close: "Fermer le chat",
  message: "Message",
  placeholder: "Écrivez un message…",
  online: "Nous répondons ici dès que possible",
  reconnecting: "En attente de connexion…",
  welcome: "Posez-nous vos questions",
  welcomeMore: "Écrivez votre premier message ci-dessous. Une personne vous répondra ici, dans ce chat.",
  keep: (days) => `Garder ce chat ${days} jours sur cet appareil`,
  keptUntil: (date) => `Gardé jusqu’au ${date}. Décochez pour le retirer.`,
  tabOnly:
    "Ce chat dure jusqu’à ce que vous fermiez l’onglet ou quittiez la page : votre navigateur ne nous laisse rien garder.",
  keepRefused: "Votre navigateur ne nous laisse pas garder ce chat sur l’appareil.",
  ended: "Ce chat est terminé. Votre prochain message en commence un autre.",
  refusedSite: "Ce chat n’est pas configuré pour cette page. Merci de le signaler au propriétaire du site.",
};

const es: FrameWords = {
  close: "Cerrar el chat",
  message: "Mensaje",
  placeholder: "Escribe un mensaje…",
  online: "Respondemos aquí en cuanto podamos",
  reconnecting: "Esperando conexión…",
  welcome: "Pregúntanos lo que quieras",
  welcomeMore: "Escribe abajo tu primer mensaje. Una persona te responderá aquí, en este chat.",
  keep: (days) => `Conservar este chat ${days} días en este dispositivo`,
  keptUntil: (date) => `Se conserva hasta el ${date}. Desmarca para quitarlo.`,
  tabOnly: "Este chat dura hasta que cierres la pestaña o salgas de la página: tu navegador no nos deja guardarlo.",
  keepRefused: "Tu navegador no nos deja conservar este chat en el dispositivo.",
  ended: "Este chat ha terminado. Tu próximo mensaje empieza otro.",
  refusedSite: "Este chat no está configurado para esta página. Avisa al dueño del sitio, por favor.",
};

const ar: FrameWords = {
  close: "إغلاق الدردشة",
  message: "الرسالة",
  placeholder: "اكتب رسالة…",
  online: "نرد عليك هنا في أقرب وقت",
  reconnecting: "في انتظار الاتصال…",
  welcome: "اسألنا عمّا تريد",
  welcomeMore: "اكتب رسالتك الأولى في الأسفل، وسيرد عليك أحد أفراد فريقنا هنا.",
  keep: (days) => `الاحتفاظ بهذه الدردشة على هذا الجهاز، عدد الأيام: ${days}`,
  keptUntil: (date) => `محفوظة حتى ${date}. أزل العلامة لحذفها.`,
  tabOnly: "تبقى هذه الدردشة حتى تغلق علامة التبويب أو تغادر الصفحة، لأن متصفحك لا يسمح بحفظها.",
  keepRefused: "متصفحك لا يسمح بالاحتفاظ بهذه الدردشة على الجهاز.",
  ended: "انتهت هذه الدردشة. رسالتك التالية تبدأ دردشة جديدة.",
  refusedSite: "هذه الدردشة غير مهيأة لهذه الصفحة. يُرجى إبلاغ صاحب الموقع.",
};

export const frameWords: WordTables<FrameWords> = { en, de, fr, es, ar };
