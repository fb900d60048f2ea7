import shared from "../shared/words_en";
import type { ChatWords } from "./frame_words";

const words: ChatWords = {
  ...shared,
  close: "Close chat",
  message: "Message",
  placeholder: "Write a message…",
  online: "We reply here as soon as we can",
  reconnecting: "Waiting for connection…",
  welcome: "Ask us anything",
  welcomeMore: "Write your first message below. A person will answer you here, in this chat.",
  keep: (days) => `Keep this chat on this device for ${days} days`,
  keptUntil: (date) => `Kept until ${date}. Untick to remove.`,
  tabOnly: "This chat lasts until you close this tab or leave this page: your browser does not let us keep it.",
  keepRefused: "Your browser does not let us keep this chat on the device.",
  ended: "This chat has ended. Your next message starts a new one.",
  refusedSite: "This chat is not set up for this page. Please tell the owner of the website.",
  menu: "Menu",
  settings: "Settings",
  yourData: "Your data",
  onward: "Continue on another device",
  hither: "Continue from another device",
  policy: "Privacy and storage",
  newTab: "opens in a new tab",
  back: "Back to the chat",
  partFailed: "This part could not be loaded. Check your connection, then close it and try again.",
};

export default words;
