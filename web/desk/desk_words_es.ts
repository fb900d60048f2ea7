import type { DeskWords } from "./desk_words";

const words: DeskWords = {
  email: "Correo electrónico",
  password: "Contraseña",
  signIn: "Iniciar sesión",
  signingIn: "Iniciando sesión…",
  signInHint: "Responde a los visitantes de tus sitios.",
  enterBoth: "Escribe tu correo electrónico y tu contraseña.",
  wrongSignIn: "El correo o la contraseña no son correctos. Revísalos e inténtalo de nuevo.",
  tooManyTries: (seconds) => `Demasiados intentos. Espera ${seconds} segundos e inténtalo de nuevo.`,
  unreachable: "No se puede contactar con el servidor. Revisa tu conexión e inténtalo de nuevo.",
  serverFault: "Algo ha fallado en el servidor. Inténtalo de nuevo en un momento.",
  needsSecurePage: "Esta dirección no es lo bastante segura para iniciar sesión",
  needsSecurePageHint:
    "Tu navegador solo crea la clave que protege tu sesión en una página segura. Abre el escritorio con una dirección que empiece por https://.",
  sessionEnded: "Tu sesión ha terminado. Iníciala de nuevo. Las respuestas empezadas siguen aquí.",
  signedOut: "Has cerrado la sesión. En este navegador no queda nada tuyo.",
  signedOutHere:
    "Has cerrado la sesión y en este navegador no queda nada tuyo. No se pudo avisar al servidor; su sesión termina por sí sola y nadie puede usarla sin la clave de este navegador.",
  lastsForTab: "Este navegador no guarda nada: la sesión dura hasta que cierres esta pestaña.",
  dismiss: "Ocultar",

  conversations: "Conversaciones",
  waiting: "En espera",
  open: "Abierta",
  closed: "Cerrada",
  unread: (count) => `${count} sin leer`,
  you: "Tú:",
  typingShort: "escribiendo…",
  showOlder: "Mostrar anteriores",
  noneYet: "Todavía no hay conversaciones",
  noneYetHint: "Cuando un visitante escriba en uno de tus sitios, la conversación aparecerá aquí al instante.",
  noneSelected: "Ninguna conversación seleccionada",
  noneSelectedHint: "Elige una de la lista para leerla y responder.",
  loading: "Cargando…",
  listFailed: "No se pudieron cargar las conversaciones.",
  threadFailed: "No se pudo cargar esta conversación.",
  olderFailed: "No se pudo cargar más.",
  notFound: "Esta conversación no existe",
  notFoundHint: "Puede que se haya eliminado o que pertenezca a otro espacio de trabajo.",
  tryAgain: "Reintentar",

  back: "Volver a las conversaciones",
  closeConversation: "Cerrar conversación",
  closeFailed: "No se pudo cerrar la conversación. Inténtalo de nuevo.",
  closedHint: "Esta conversación está cerrada. Una respuesta la vuelve a abrir.",
  reply: "Respuesta",
  heldBack: "Tu sesión terminó antes de enviarlo.",
  showEarlier: "Mostrar mensajes anteriores",
  connectionLost: "Sin conexión. Reintentando…",

  account: "Cuenta",
  signOut: "Cerrar sesión",
  unsentOnSignOut: "Las respuestas sin enviar se eliminarán.",
};

export default words;
