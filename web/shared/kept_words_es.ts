import type { KeptWords } from "./kept_words";

const conversations = (count: number) => (count === 1 ? "1 conversación" : `${count} conversaciones`);
const messages = (count: number) => (count === 1 ? "1 mensaje" : `${count} mensajes`);

const words: KeptWords = {
  reading: "Buscando lo que se conserva…",
  empty: "Ahora no se conserva nada aquí.",
  size: "Tamaño",
  since: "Se conserva desde",
  until: "Se conserva hasta",
  value: "Contenido",
  where: {
    local: "En el almacenamiento local de este navegador",
    session: "En esta pestaña (almacenamiento de sesión)",
    database: "En la base de datos de este navegador (IndexedDB)",
    memory: "En la memoria de esta página, hasta que se cierre",
    page: "En el almacenamiento del sitio que rodea el chat, para esta pestaña",
  },
  keyValue: "Una clave que no se puede leer ni exportar",
  remove: "Eliminar",
  removeOf: (key) => `Eliminar ${key}`,
  removed: (key) => `Eliminado: ${key}`,
  removeAll: "Eliminar todo",
  removeAllAsk:
    "¿Eliminar de este navegador todo lo que aparece aquí? Un chat o una sesión que lo necesite termina aquí.",
  removedAll: "Se ha eliminado todo.",
  exportAll: "Exportar como JSON",
  cancel: "Cancelar",
  plain: "No se pudieron cargar las descripciones. En su lugar se muestran los nombres.",
  chatPart: (site) => `Esto es lo que tu navegador conserva para el chat dentro de ${site}.`,
  chatOwnPart: "Esto es lo que tu navegador conserva para el chat abierto por sí solo y para nuestras otras páginas.",
  chatPagePart: "El sitio que rodea el chat también anota, para esta pestaña, si el chat está abierto.",
  chatLead: (host) => `Lo que este navegador conserva para ${host} abierto por sí solo`,
  pageLead: "Abre el chat en el sitio y elige «Tus datos» en su menú, también para borrar tus conversaciones:",
  deskPart: (host) => `Esto es lo que tu navegador conserva para ${host}.`,
  deskLead: "Lo que el chat conserva dentro de un sitio lo muestra el chat de ese sitio, en «Tus datos».",
  deskMore: "Más sobre lo que se conserva",
  conversations: "Tus conversaciones",
  conversationsHint: "Están en nuestro servidor, no en este navegador.",
  exportConversations: "Exportar mis conversaciones",
  erase: "Borrar mis conversaciones",
  eraseAsk:
    "¿Borrar todas tus conversaciones en este sitio? Tus mensajes y nuestras respuestas se eliminan en el servidor y aquí, y el chat termina. No se puede deshacer.",
  eraseYes: "Borrarlas",
  erased: (count, texts) => `Borrado: ${conversations(count)} con ${messages(texts)}.`,
  working: "Un momento…",
  failed: "No ha funcionado. Comprueba tu conexión e inténtalo de nuevo.",
  sessionOver: "Este chat ha terminado mientras tanto: ya no podemos saber que las conversaciones son tuyas.",
};

export default words;
