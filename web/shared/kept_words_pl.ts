import type { KeptWords } from "./kept_words";

const words: KeptWords = {
  reading: "Sprawdzamy, co jest przechowywane…",
  empty: "Teraz nic tu nie jest przechowywane.",
  size: "Rozmiar",
  since: "Przechowywane od",
  until: "Przechowywane do",
  value: "Zawartość",
  where: {
    local: "W pamięci lokalnej tej przeglądarki",
    session: "W tej karcie (pamięć sesji)",
    database: "W bazie danych tej przeglądarki (IndexedDB)",
    memory: "W pamięci operacyjnej tej strony, do jej zamknięcia",
    page: "W pamięci strony wokół czatu, dla tej karty",
  },
  keyValue: "Klucz, którego nie można odczytać ani wyeksportować",
  remove: "Usuń",
  removeOf: (key) => `Usuń ${key}`,
  removed: (key) => `Usunięto: ${key}`,
  removeAll: "Usuń wszystko",
  removeAllAsk:
    "Usunąć z tej przeglądarki wszystko, co tu wymieniono? Czat lub sesja, które tego potrzebują, kończą się tutaj.",
  removedAll: "Wszystko usunięto.",
  exportAll: "Eksportuj jako JSON",
  cancel: "Anuluj",
  plain: "Nie udało się wczytać opisów. Zamiast nich widać nazwy.",
  chatPart: (site) => `To przeglądarka przechowuje dla czatu wewnątrz ${site}.`,
  chatOwnPart: "To przeglądarka przechowuje dla czatu otwartego osobno i dla naszych innych stron.",
  chatPagePart: "Strona wokół czatu zapisuje też, dla tej karty, czy czat jest otwarty.",
  chatLead: (host) => `Co ta przeglądarka przechowuje dla ${host} otwartego osobno`,
  pageLead: "Otwórz czat na stronie i wybierz w jego menu „Twoje dane”, także aby usunąć swoje rozmowy:",
  deskPart: (host) => `To przeglądarka przechowuje dla ${host}.`,
  deskLead: "To, co czat przechowuje wewnątrz strony, pokazuje tam czat pod „Twoje dane”.",
  deskMore: "Więcej o tym, co jest przechowywane",
  conversations: "Twoje rozmowy",
  conversationsHint: "Są na naszym serwerze, nie w tej przeglądarce.",
  exportConversations: "Eksportuj moje rozmowy",
  erase: "Usuń moje rozmowy",
  eraseAsk:
    "Usunąć wszystkie Twoje rozmowy na tej stronie? Twoje wiadomości i nasze odpowiedzi zostaną usunięte na serwerze i tutaj, a czat się zakończy. Tego nie można cofnąć.",
  eraseYes: "Usuń na stałe",
  erased: (count, texts) => `Usunięto. Rozmowy: ${count}, wiadomości: ${texts}.`,
  working: "Chwileczkę…",
  failed: "Nie udało się. Sprawdź połączenie i spróbuj ponownie.",
  sessionOver: "Ten czat się tymczasem zakończył, więc nie możemy już rozpoznać, że rozmowy są Twoje.",
};

export default words;
