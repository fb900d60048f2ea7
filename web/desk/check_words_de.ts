import type { CheckWords } from "./check_words";

const words: CheckWords = {
  intro: "Was zwischen diesem Browser und dem Server steht: Ihr Netz, dessen Proxys und die des Servers.",
  running: "Wird geprüft …",
  again: "Noch einmal prüfen",
  result: {
    good: "Alles kommt durch.",
    mind: "Der Chat funktioniert von hier aus. Etwas könnte besser sein.",
    bad: "Etwas hindert den Chat daran, richtig zu funktionieren.",
  },
  names: {
    server: "Server",
    address: "Öffentliche Adresse",
    proxy: "Proxy des Servers",
    cache: "Frische Antworten",
    body: "Lange Nachrichten",
    clock: "Uhr",
    websocket: "WebSocket",
    stream: "Streaming",
    poll: "Long Polling",
  },
  fine: "In Ordnung",
  fineAfter: (milliseconds) => `In Ordnung, nach ${milliseconds} ms`,
  wrong: {
    server: "Der Server antwortet nicht, oder etwas anderes antwortet an seiner Stelle.",
    address: "Der Server glaubt, eine andere Adresse zu haben als die, die Sie oben sehen.",
    proxy: "Ein Proxy vor dem Server nennt, wo die Menschen sind, aber der Server glaubt ihm nicht, oder umgekehrt.",
    cache: "Etwas unterwegs bewahrt Antworten auf, die nur einmal gelten.",
    body: "Etwas unterwegs weist lange Nachrichten ab.",
    clock: "Die Uhren dieses Geräts und des Servers weichen um mehr als eine halbe Minute ab.",
    websocket: "Die dauerhafte Verbindung lässt sich nicht öffnen.",
    stream: "Antworten kommen nicht Stück für Stück an; etwas sammelt sie erst.",
    poll: "Antworten, die auf Neues warten, kommen nicht an.",
  },
  advice: {
    server: "Prüfen Sie Ihre Verbindung. Gehen andere Seiten, fragen Sie, wer den Server betreibt.",
    address: "Wer den Server betreibt, setzt CRUMBLESS_PUBLIC_URL auf diese Adresse.",
    proxy:
      "Wer den Server betreibt, prüft CRUMBLESS_TRUSTED_PROXIES: Bis dahin zählen die Grenzen alle Menschen als einen.",
    cache: "Wer den Proxy betreibt, lässt ihn „Cache-Control: no-store“ befolgen.",
    body: "Wer den Proxy betreibt, erlaubt Inhalte von 6 MB.",
    clock: "Lassen Sie beide einem Zeitserver folgen: Zeiten von Nachrichten und Anmeldecodes hängen davon ab.",
    websocket:
      "Der Chat nimmt einen anderen, teureren Weg. Wer den Proxy betreibt, reicht „Upgrade“ für /v1/stream weiter.",
    stream: "Nur nötig, wo WebSocket versagt. Wer den Proxy betreibt, schaltet das Puffern unter /v1/stream/ ab.",
    poll: "Nur nötig, wo die beiden anderen versagen. Wer den Proxy betreibt, lässt Antworten 60 Sekunden Zeit.",
  },
};

export default words;
