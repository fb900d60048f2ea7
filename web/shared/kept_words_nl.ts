import type { KeptWords } from "./kept_words";

const conversations = (count: number) => (count === 1 ? "1 gesprek" : `${count} gesprekken`);
const messages = (count: number) => (count === 1 ? "1 bericht" : `${count} berichten`);

const words: KeptWords = {
  reading: "Er wordt gekeken wat er is bewaard…",
  empty: "Hier is nu niets bewaard.",
  size: "Grootte",
  since: "Bewaard sinds",
  until: "Bewaard tot",
  value: "Inhoud",
  where: {
    local: "In de lokale opslag van deze browser",
    session: "In dit tabblad (sessieopslag)",
    database: "In de database van deze browser (IndexedDB)",
    memory: "In het geheugen van deze pagina, tot ze wordt gesloten",
    page: "In de opslag van de website om de chat heen, voor dit tabblad",
  },
  keyValue: "Een sleutel die niet kan worden gelezen of geëxporteerd",
  remove: "Wissen",
  removeOf: (key) => `${key} wissen`,
  removed: (key) => `Gewist: ${key}`,
  removeAll: "Alles wissen",
  removeAllAsk: "Alles wat hier staat uit deze browser wissen? Een chat of sessie die het nodig heeft eindigt hier.",
  removedAll: "Alles is gewist.",
  exportAll: "Als JSON exporteren",
  cancel: "Annuleren",
  plain: "De beschrijvingen konden niet worden geladen. In plaats daarvan staan hier de namen.",
  chatPart: (site) => `Dit bewaart je browser voor de chat binnen ${site}.`,
  chatOwnPart: "Dit bewaart je browser voor de chat die apart is geopend, en voor onze andere pagina’s.",
  chatPagePart: "De website om de chat heen noteert ook, voor dit tabblad, of de chat open is.",
  chatLead: (host) => `Wat deze browser bewaart voor ${host} apart geopend`,
  pageLead: "Open de chat op de website en kies “Je gegevens” in het menu, ook om je gesprekken te wissen:",
  deskPart: (host) => `Dit bewaart je browser voor ${host}.`,
  deskLead: "Wat de chat binnen een website bewaart, toont de chat daar onder “Je gegevens”.",
  deskMore: "Meer over wat bewaard wordt",
  conversations: "Je gesprekken",
  conversationsHint: "Ze staan op onze server, niet in deze browser.",
  exportConversations: "Mijn gesprekken exporteren",
  erase: "Mijn gesprekken wissen",
  eraseAsk:
    "Al je gesprekken op deze website wissen? Je berichten en onze antwoorden worden op de server en hier gewist, en de chat eindigt. Dit kan niet ongedaan worden gemaakt.",
  eraseYes: "Definitief wissen",
  erased: (count, texts) => `Gewist: ${conversations(count)} met ${messages(texts)}.`,
  working: "Een ogenblik…",
  failed: "Dat lukte niet. Controleer je verbinding en probeer het opnieuw.",
  sessionOver: "Deze chat is intussen beëindigd, dus kunnen we niet meer zien dat de gesprekken van jou zijn.",
};

export default words;
