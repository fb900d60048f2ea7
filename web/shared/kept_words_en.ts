import type { KeptWords } from "./kept_words";

const conversations = (count: number) => (count === 1 ? "1 conversation" : `${count} conversations`);
const messages = (count: number) => (count === 1 ? "1 message" : `${count} messages`);

const words: KeptWords = {
  reading: "Looking through what is kept…",
  empty: "Nothing is kept here now.",
  size: "Size",
  since: "Kept since",
  until: "Kept until",
  value: "Contents",
  where: {
    local: "In this browser's local storage",
    session: "In this tab (session storage)",
    database: "In this browser's database (IndexedDB)",
    memory: "In this page's memory, until it is closed",
    page: "In the storage of the website around the chat, for this tab",
  },
  keyValue: "A key that cannot be read or exported",
  remove: "Delete",
  removeOf: (key) => `Delete ${key}`,
  removed: (key) => `Deleted: ${key}`,
  removeAll: "Delete everything",
  removeAllAsk: "Delete everything listed here from this browser? A chat or a session that needs it ends here.",
  removedAll: "Everything was deleted.",
  exportAll: "Export as JSON",
  cancel: "Cancel",
  plain: "The descriptions could not be loaded. The names are shown instead.",
  chatPart: (site) => `This is what your browser keeps for the chat inside ${site}.`,
  chatOwnPart: "This is what your browser keeps for the chat opened by itself, and for our other pages.",
  chatPagePart: "The website around the chat also notes, for this tab, whether the chat is open.",
  chatLead: (host) => `What this browser keeps for ${host} opened by itself`,
  pageLead: 'Open the chat on the website and choose "Your data" in its menu, also to erase your conversations:',
  deskPart: (host) => `This is what your browser keeps for ${host}.`,
  deskLead: "What the chat keeps inside a website is shown by the chat there, under “Your data”.",
  deskMore: "More about what is kept",
  conversations: "Your conversations",
  conversationsHint: "They are on our server, not in this browser.",
  exportConversations: "Export my conversations",
  erase: "Erase my conversations",
  eraseAsk:
    "Erase all your conversations on this website? Your messages and our answers are deleted on the server and here, and the chat ends. This cannot be undone.",
  eraseYes: "Erase them",
  erased: (count, texts) => `Erased: ${conversations(count)} with ${messages(texts)}.`,
  working: "One moment…",
  failed: "That did not work. Check your connection and try again.",
  sessionOver: "This chat has ended meanwhile, so we can no longer tell that the conversations are yours.",
};

export default words;
