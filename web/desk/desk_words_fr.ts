import type { DeskWords } from "./desk_words";

const words: DeskWords = {
  email: "E-mail",
  password: "Mot de passe",
  signIn: "Se connecter",
  signingIn: "Connexion…",
  signInHint: "Répondez aux visiteurs de vos sites.",
  enterBoth: "Saisissez votre e-mail et votre mot de passe.",
  wrongSignIn: "L’e-mail ou le mot de passe est incorrect. Vérifiez-les et réessayez.",
  tooManyTries: (seconds) => `Trop de tentatives. Attendez ${seconds} secondes, puis réessayez.`,
  unreachable: "Le serveur est injoignable. Vérifiez votre connexion et réessayez.",
  serverFault: "Une erreur s’est produite sur le serveur. Réessayez dans un instant.",
  needsSecurePage: "Cette adresse n’est pas assez sûre pour se connecter",
  needsSecurePageHint:
    "Votre navigateur ne crée la clé qui protège votre connexion que sur une page sécurisée. Ouvrez le bureau avec une adresse qui commence par https://.",
  sessionEnded: "Votre session a pris fin. Reconnectez-vous. Les réponses commencées sont toujours là.",
  signedOut: "Vous êtes déconnecté. Rien de vous ne reste dans ce navigateur.",
  signedOutHere:
    "Vous êtes déconnecté et rien de vous ne reste dans ce navigateur. Le serveur n’a pas pu être prévenu ; sa session se termine d’elle-même et personne ne peut l’utiliser sans la clé de ce navigateur.",
  lastsForTab: "Ce navigateur ne conserve rien : vous restez connecté jusqu’à la fermeture de cet onglet.",
  dismiss: "Masquer",

  conversations: "Conversations",
  waiting: "En attente",
  open: "Ouverte",
  closed: "Fermée",
  unread: (count) => (count > 1 ? `${count} non lus` : `${count} non lu`),
  you: "Vous :",
  typingShort: "écrit…",
  showOlder: "Afficher les plus anciennes",
  noneYet: "Aucune conversation pour l’instant",
  noneYetHint: "Dès qu’un visiteur écrit sur l’un de vos sites, la conversation apparaît ici.",
  noneSelected: "Aucune conversation choisie",
  noneSelectedHint: "Choisissez-en une dans la liste pour la lire et y répondre.",
  loading: "Chargement…",
  listFailed: "Les conversations n’ont pas pu être chargées.",
  threadFailed: "Cette conversation n’a pas pu être chargée.",
  olderFailed: "La suite n’a pas pu être chargée.",
  notFound: "Cette conversation n’existe pas",
  notFoundHint: "Elle a peut-être été supprimée, ou elle appartient à un autre espace de travail.",
  tryAgain: "Réessayer",

  back: "Retour aux conversations",
  closeConversation: "Fermer la conversation",
  closeFailed: "La conversation n’a pas pu être fermée. Réessayez.",
  closedHint: "Cette conversation est fermée. Une réponse la rouvre.",
  reply: "Réponse",
  heldBack: "Votre session avait pris fin avant l’envoi.",
  showEarlier: "Afficher les messages précédents",
  connectionLost: "Connexion perdue. Nouvel essai…",

  account: "Compte",
  signOut: "Se déconnecter",
  unsentOnSignOut: "Les réponses non envoyées seront supprimées.",
};

export default words;
