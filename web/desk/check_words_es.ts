import type { CheckWords } from "./check_words";

const words: CheckWords = {
  intro: "Lo que hay entre este navegador y el servidor: su red, sus proxies y los del servidor.",
  running: "Comprobando…",
  again: "Comprobar de nuevo",
  result: {
    good: "Todo pasa.",
    mind: "El chat funciona desde aquí. Algo podría ir mejor.",
    bad: "Algo impide que el chat funcione bien.",
  },
  names: {
    server: "Servidor",
    address: "Dirección pública",
    proxy: "Proxy del servidor",
    cache: "Respuestas frescas",
    body: "Mensajes largos",
    clock: "Reloj",
    websocket: "WebSocket",
    stream: "Transmisión continua",
    poll: "Espera larga",
  },
  fine: "Correcto",
  fineAfter: (milliseconds) => `Correcto, a los ${milliseconds} ms`,
  wrong: {
    server: "El servidor no responde, u otra cosa responde en su lugar.",
    address: "El servidor cree tener otra dirección que la que usted ve arriba.",
    proxy: "Un proxy ante el servidor indica dónde están las personas, pero el servidor no le cree, o al revés.",
    cache: "Algo en el camino guarda respuestas que solo valen una vez.",
    body: "Algo en el camino rechaza los mensajes largos.",
    clock: "Los relojes de este dispositivo y del servidor difieren en más de medio minuto.",
    websocket: "La conexión permanente no se abre.",
    stream: "Las respuestas no llegan poco a poco; algo las reúne antes.",
    poll: "Las respuestas que esperan novedades no llegan.",
  },
  advice: {
    server: "Compruebe su conexión. Si otras páginas funcionan, pregunte a quien lleva el servidor.",
    address: "Quien lleva el servidor pone CRUMBLESS_PUBLIC_URL en esta dirección.",
    proxy:
      "Quien lleva el servidor revisa CRUMBLESS_TRUSTED_PROXIES: hasta entonces, los límites cuentan a todos como una sola persona.",
    cache: "Quien lleva el proxy hace que respete «Cache-Control: no-store».",
    body: "Quien lleva el proxy permite contenidos de 6 MB.",
    clock:
      "Haga que ambos sigan un servidor de hora: de ello dependen las horas de los mensajes y los códigos de acceso.",
    websocket: "El chat toma otro camino, más costoso. Quien lleva el proxy deja pasar «Upgrade» en /v1/stream.",
    stream: "Solo hace falta donde falla WebSocket. Quien lleva el proxy desactiva el búfer bajo /v1/stream/.",
    poll: "Solo hace falta donde fallan los otros dos. Quien lleva el proxy da 60 segundos a las respuestas.",
  },
};

export default words;
