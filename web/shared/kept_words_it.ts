import type { KeptWords } from "./kept_words";

const conversations = (count: number) => (count === 1 ? "1 conversazione" : `${count} conversazioni`);
const messages = (count: number) => (count === 1 ? "1 messaggio" : `${count} messaggi`);

const words: KeptWords = {
  reading: "Si guarda che cosa è conservato…",
  empty: "Qui ora non è conservato nulla.",
  size: "Dimensione",
  since: "Conservato dal",
  until: "Conservato fino al",
  value: "Contenuto",
  where: {
    local: "Nella memoria locale di questo browser",
    session: "In questa scheda (memoria di sessione)",
    database: "Nella banca dati di questo browser (IndexedDB)",
    memory: "Nella memoria di lavoro di questa pagina, finché viene chiusa",
    page: "Nella memoria del sito intorno alla chat, per questa scheda",
  },
  keyValue: "Una chiave che non può essere letta né esportata",
  remove: "Cancella",
  removeOf: (key) => `Cancella ${key}`,
  removed: (key) => `Cancellato: ${key}`,
  removeAll: "Cancella tutto",
  removeAllAsk:
    "Cancellare da questo browser tutto ciò che è elencato qui? Una chat o una sessione che ne ha bisogno finisce qui.",
  removedAll: "È stato cancellato tutto.",
  exportAll: "Esporta come JSON",
  cancel: "Annulla",
  plain: "Non è stato possibile caricare le descrizioni. Al loro posto si vedono i nomi.",
  chatPart: (site) => `Questo è ciò che il browser conserva per la chat dentro ${site}.`,
  chatOwnPart: "Questo è ciò che il browser conserva per la chat aperta da sola e per le nostre altre pagine.",
  chatPagePart: "Il sito intorno alla chat annota inoltre, per questa scheda, se la chat è aperta.",
  chatLead: (host) => `Che cosa questo browser conserva per ${host} aperto da solo`,
  pageLead: "Apri la chat sul sito e scegli «I tuoi dati» nel suo menu, anche per cancellare le tue conversazioni:",
  deskPart: (host) => `Questo è ciò che il browser conserva per ${host}.`,
  deskLead: "Ciò che la chat conserva dentro un sito lo mostra la chat di quel sito, sotto «I tuoi dati».",
  deskMore: "Altro su ciò che viene conservato",
  conversations: "Le tue conversazioni",
  conversationsHint: "Sono sul nostro server, non in questo browser.",
  exportConversations: "Esporta le mie conversazioni",
  erase: "Cancella le mie conversazioni",
  eraseAsk:
    "Cancellare tutte le tue conversazioni su questo sito? I tuoi messaggi e le nostre risposte vengono cancellati sul server e qui, e la chat finisce. Non si può annullare.",
  eraseYes: "Cancella",
  erased: (count, texts) => `Cancellato: ${conversations(count)} con ${messages(texts)}.`,
  working: "Un momento…",
  failed: "Non ha funzionato. Controlla la connessione e riprova.",
  sessionOver: "Nel frattempo questa chat è finita, quindi non possiamo più riconoscere che le conversazioni sono tue.",
};

export default words;
