import type { SharedWords } from "./words_shape";

const words: SharedWords = {
  send: "Envoyer",
  messages: "Messages",
  newMessages: "Nouveaux messages",
  sending: "Envoi…",
  waiting: "En attente de connexion",
  sent: "Envoyé",
  seen: "Lu",
  notSent: "Non envoyé",
  tryAgain: "Réessayer",
  edit: "Modifier",
  closed: "Conversation terminée",
  today: "Aujourd’hui",
  yesterday: "Hier",
  you: "Vous",
  visitor: "Visiteur",
  operator: "Assistance",
  typing: (name) => `${name} écrit…`,
  charactersLeft: (left) => `Encore ${left} caractère${left > 1 ? "s" : ""}`,
  tooLong: (over) => `Trop long de ${over} caractère${over > 1 ? "s" : ""}. Merci de raccourcir.`,
  refusals: {
    text_too_long: "Il est trop long. Merci de raccourcir.",
    empty_text: "Il ne contient aucun mot.",
    bad_text: "Il contient des caractères qui ne peuvent pas être envoyés.",
    unknown_conversation: "Cette conversation n’existe plus.",
    erased: "Il avait été effacé. Réécrivez-le si vous voulez encore l’envoyer.",
    session_ended: "Le chat était terminé. Réessayez pour en commencer un autre.",
    banned: "Le site vous a fermé ce chat pour l’instant. Vous pouvez joindre son responsable autrement.",
    identity_needed: "Connectez-vous d’abord sur ce site, puis réessayez.",
  },
  refused: "Le serveur ne l’a pas accepté. Merci de réessayer.",
};

export default words;
