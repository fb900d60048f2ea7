import shared from "../shared/words_es";
import type { ChatWords } from "./frame_words";

const words: ChatWords = {
  ...shared,
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
  menu: "Menú",
  settings: "Ajustes",
  yourData: "Tus datos",
  onward: "Continuar en otro dispositivo",
  hither: "Continuar desde otro dispositivo",
  policy: "Privacidad y almacenamiento",
  newTab: "se abre en una pestaña nueva",
  back: "Volver al chat",
  partFailed: "Esta parte no se pudo cargar. Comprueba tu conexión, ciérrala e inténtalo de nuevo.",
};

export default words;
