import type { KeptWords } from "./kept_words";

const conversations = (count: number) => (count === 1 ? "1 samtal" : `${count} samtal`);
const messages = (count: number) => (count === 1 ? "1 meddelande" : `${count} meddelanden`);

const words: KeptWords = {
  reading: "Ser efter vad som är sparat…",
  empty: "Inget är sparat här just nu.",
  size: "Storlek",
  since: "Sparat sedan",
  until: "Sparat till",
  value: "Innehåll",
  where: {
    local: "I den här webbläsarens lokala lagring",
    session: "I den här fliken (sessionslagring)",
    database: "I den här webbläsarens databas (IndexedDB)",
    memory: "I den här sidans minne, tills den stängs",
    page: "I lagringen hos webbplatsen runt chatten, för den här fliken",
  },
  keyValue: "En nyckel som varken kan läsas eller exporteras",
  remove: "Radera",
  removeOf: (key) => `Radera ${key}`,
  removed: (key) => `Raderat: ${key}`,
  removeAll: "Radera allt",
  removeAllAsk: "Radera allt i listan från den här webbläsaren? En chatt eller session som behöver det slutar här.",
  removedAll: "Allt har raderats.",
  exportAll: "Exportera som JSON",
  cancel: "Avbryt",
  plain: "Beskrivningarna kunde inte laddas. Namnen visas i stället.",
  chatPart: (site) => `Det här sparar din webbläsare för chatten inne i ${site}.`,
  chatOwnPart: "Det här sparar din webbläsare för chatten öppnad för sig och för våra andra sidor.",
  chatPagePart: "Webbplatsen runt chatten noterar också, för den här fliken, om chatten är öppen.",
  chatLead: (host) => `Vad den här webbläsaren sparar för ${host} öppnad för sig`,
  pageLead: "Öppna chatten på webbplatsen och välj ”Dina uppgifter” i dess meny, även för att radera dina samtal:",
  deskPart: (host) => `Det här sparar din webbläsare för ${host}.`,
  deskLead: "Det som chatten sparar inne i en webbplats visar chatten där, under ”Dina uppgifter”.",
  deskMore: "Mer om vad som sparas",
  conversations: "Dina samtal",
  conversationsHint: "De finns på vår server, inte i den här webbläsaren.",
  exportConversations: "Exportera mina samtal",
  erase: "Radera mina samtal",
  eraseAsk:
    "Radera alla dina samtal på den här webbplatsen? Dina meddelanden och våra svar raderas på servern och här, och chatten slutar. Det går inte att ångra.",
  eraseYes: "Radera dem",
  erased: (count, texts) => `Raderat: ${conversations(count)} med ${messages(texts)}.`,
  working: "Ett ögonblick…",
  failed: "Det gick inte. Kontrollera anslutningen och försök igen.",
  sessionOver: "Chatten har slutat under tiden, så vi kan inte längre se att samtalen är dina.",
};

export default words;
