import type { SharedWords } from "./words_shape";

const words: SharedWords = {
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
    banned: "El sitio te ha cerrado este chat por ahora. Puedes contactar con su responsable por otra vía.",
    identity_needed: "Inicia sesión primero en este sitio y reinténtalo.",
  },
  refused: "El servidor no lo aceptó. Inténtalo de nuevo.",
};

export default words;
