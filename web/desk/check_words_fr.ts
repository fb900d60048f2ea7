import type { CheckWords } from "./check_words";

const words: CheckWords = {
  intro: "Ce qui se trouve entre ce navigateur et le serveur : votre réseau, ses proxys et ceux du serveur.",
  running: "Vérification…",
  again: "Vérifier à nouveau",
  result: {
    good: "Tout passe.",
    mind: "Le chat fonctionne d’ici. Quelque chose pourrait être mieux.",
    bad: "Quelque chose empêche le chat de bien fonctionner.",
  },
  names: {
    server: "Serveur",
    address: "Adresse publique",
    proxy: "Proxy du serveur",
    cache: "Réponses fraîches",
    body: "Longs messages",
    clock: "Horloge",
    websocket: "WebSocket",
    stream: "Flux continu",
    poll: "Attente longue",
  },
  fine: "En ordre",
  fineAfter: (milliseconds) => `En ordre, après ${milliseconds} ms`,
  wrong: {
    server: "Le serveur ne répond pas, ou autre chose répond à sa place.",
    address: "Le serveur croit avoir une autre adresse que celle que vous voyez en haut.",
    proxy: "Un proxy devant le serveur indique où sont les personnes, mais le serveur ne le croit pas, ou l’inverse.",
    cache: "Quelque chose en chemin garde des réponses qui ne valent qu’une fois.",
    body: "Quelque chose en chemin refuse les longs messages.",
    clock: "Les horloges de cet appareil et du serveur diffèrent de plus d’une demi-minute.",
    websocket: "La connexion durable ne s’ouvre pas.",
    stream: "Les réponses n’arrivent pas au fur et à mesure ; quelque chose les rassemble d’abord.",
    poll: "Les réponses qui attendent du nouveau n’arrivent pas.",
  },
  advice: {
    server: "Vérifiez votre connexion. Si d’autres pages marchent, demandez à qui gère le serveur.",
    address: "Qui gère le serveur règle CRUMBLESS_PUBLIC_URL sur cette adresse.",
    proxy:
      "Qui gère le serveur vérifie CRUMBLESS_TRUSTED_PROXIES : d’ici là, les limites comptent tout le monde comme une personne.",
    cache: "Qui gère le proxy le fait respecter « Cache-Control: no-store ».",
    body: "Qui gère le proxy autorise des contenus de 6 Mo.",
    clock:
      "Faites suivre aux deux un serveur de temps : les heures des messages et les codes de connexion en dépendent.",
    websocket: "Le chat prend un autre chemin, plus coûteux. Qui gère le proxy transmet « Upgrade » pour /v1/stream.",
    stream: "Utile seulement si WebSocket échoue. Qui gère le proxy coupe la mise en tampon sous /v1/stream/.",
    poll: "Utile seulement si les deux autres échouent. Qui gère le proxy laisse 60 secondes aux réponses.",
  },
};

export default words;
