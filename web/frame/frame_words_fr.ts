import shared from "../shared/words_fr";
import type { ChatWords } from "./frame_words";

const words: ChatWords = {
  ...shared,
  close: "Fermer le chat",
  message: "Message",
  placeholder: "Écrivez un message…",
  online: "Nous répondons ici dès que possible",
  reconnecting: "En attente de connexion…",
  welcome: "Posez-nous vos questions",
  welcomeMore: "Écrivez votre premier message ci-dessous. Une personne vous répondra ici, dans ce chat.",
  keep: (days) => `Garder ce chat ${days} jours sur cet appareil`,
  keptUntil: (date) => `Gardé jusqu’au ${date}. Décochez pour le retirer.`,
  tabOnly:
    "Ce chat dure jusqu’à ce que vous fermiez l’onglet ou quittiez la page : votre navigateur ne nous laisse rien garder.",
  keepRefused: "Votre navigateur ne nous laisse pas garder ce chat sur l’appareil.",
  ended: "Ce chat est terminé. Votre prochain message en commence un autre.",
  refusedSite: "Ce chat n’est pas configuré pour cette page. Merci de le signaler au propriétaire du site.",
  menu: "Menu",
  settings: "Réglages",
  yourData: "Vos données",
  onward: "Continuer sur un autre appareil",
  hither: "Continuer depuis un autre appareil",
  policy: "Confidentialité et stockage",
  newTab: "s’ouvre dans un nouvel onglet",
  back: "Retour au chat",
  partFailed: "Cette partie n’a pas pu être chargée. Vérifiez votre connexion, fermez-la et réessayez.",
};

export default words;
