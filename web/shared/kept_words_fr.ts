import type { KeptWords } from "./kept_words";

const conversations = (count: number) => `${count} conversation${count > 1 ? "s" : ""}`;
const messages = (count: number) => `${count} message${count > 1 ? "s" : ""}`;

const words: KeptWords = {
  reading: "Recherche de ce qui est conservé…",
  empty: "Rien n’est conservé ici en ce moment.",
  size: "Taille",
  since: "Conservé depuis",
  until: "Conservé jusqu’au",
  value: "Contenu",
  where: {
    local: "Dans le stockage local de ce navigateur",
    session: "Dans cet onglet (stockage de session)",
    database: "Dans la base de données de ce navigateur (IndexedDB)",
    memory: "Dans la mémoire de cette page, jusqu’à sa fermeture",
    page: "Dans le stockage du site qui entoure le chat, pour cet onglet",
  },
  keyValue: "Une clé qui ne peut être ni lue ni exportée",
  remove: "Supprimer",
  removeOf: (key) => `Supprimer ${key}`,
  removed: (key) => `Supprimé : ${key}`,
  removeAll: "Tout supprimer",
  removeAllAsk:
    "Supprimer de ce navigateur tout ce qui est listé ici ? Un chat ou une session qui en a besoin se termine ici.",
  removedAll: "Tout a été supprimé.",
  exportAll: "Exporter en JSON",
  cancel: "Annuler",
  plain: "Les descriptions n’ont pas pu être chargées. Les noms sont affichés à la place.",
  chatPart: (site) => `Voici ce que votre navigateur conserve pour le chat dans ${site}.`,
  chatOwnPart: "Voici ce que votre navigateur conserve pour le chat ouvert seul et pour nos autres pages.",
  chatPagePart: "Le site qui entoure le chat note aussi, pour cet onglet, si le chat est ouvert.",
  chatLead: (host) => `Ce que ce navigateur conserve pour ${host} ouvert seul`,
  pageLead:
    "Ouvrez le chat sur le site et choisissez « Vos données » dans son menu, aussi pour effacer vos conversations :",
  deskPart: (host) => `Voici ce que votre navigateur conserve pour ${host}.`,
  deskLead: "Ce que le chat conserve dans un site, le chat le montre sur ce site, sous « Vos données ».",
  deskMore: "En savoir plus sur ce qui est conservé",
  conversations: "Vos conversations",
  conversationsHint: "Elles sont sur notre serveur, pas dans ce navigateur.",
  exportConversations: "Exporter mes conversations",
  erase: "Effacer mes conversations",
  eraseAsk:
    "Effacer toutes vos conversations sur ce site ? Vos messages et nos réponses sont supprimés sur le serveur et ici, et le chat se termine. C’est définitif.",
  eraseYes: "Les effacer",
  erased: (count, texts) => `Effacé : ${conversations(count)} avec ${messages(texts)}.`,
  working: "Un instant…",
  failed: "Cela n’a pas fonctionné. Vérifiez votre connexion et réessayez.",
  sessionOver: "Ce chat s’est terminé entre-temps : nous ne pouvons plus savoir que les conversations sont les vôtres.",
};

export default words;
