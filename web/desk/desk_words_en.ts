import type { DeskWords } from "./desk_words";

const words: DeskWords = {
  email: "Email",
  password: "Password",
  signIn: "Sign in",
  signingIn: "Signing in…",
  signInHint: "Answer the visitors of your sites.",
  enterBoth: "Enter your email and your password.",
  wrongSignIn: "Email or password is wrong. Check both and try again.",
  tooManyTries: (seconds) => `Too many tries. Wait ${seconds} seconds, then try again.`,
  unreachable: "The server cannot be reached. Check your connection and try again.",
  serverFault: "Something went wrong on the server. Try again in a moment.",
  needsSecurePage: "This address is not secure enough to sign in",
  needsSecurePageHint:
    "Your browser makes the key that protects your sign-in only on a secure page. Open the desk with an address that starts with https://.",
  sessionEnded: "Your sign-in has ended. Please sign in again. Replies that you have started are still here.",
  signedOut: "You are signed out. Nothing of yours is left in this browser.",
  signedOutHere:
    "You are signed out and nothing of yours is left in this browser. The server could not be told, so its session ends by itself; nobody can use it without this browser's key.",
  lastsForTab: "This browser keeps nothing, so you stay signed in until you close this tab.",
  dismiss: "Dismiss",

  conversations: "Conversations",
  waiting: "Waiting",
  open: "Open",
  closed: "Closed",
  unread: (count) => `${count} unread`,
  you: "You:",
  typingShort: "typing…",
  showOlder: "Show older",
  noneYet: "No conversations yet",
  noneYetHint: "When a visitor writes on one of your sites, the conversation appears here at once.",
  noneSelected: "No conversation selected",
  noneSelectedHint: "Choose one from the list to read it and reply.",
  loading: "Loading…",
  listFailed: "The conversations could not be loaded.",
  threadFailed: "This conversation could not be loaded.",
  olderFailed: "More could not be loaded.",
  notFound: "This conversation does not exist",
  notFoundHint: "It may have been deleted, or it belongs to another workspace.",
  tryAgain: "Try again",

  back: "Back to the conversations",
  closeConversation: "Close conversation",
  closeFailed: "The conversation could not be closed. Try again.",
  closedHint: "This conversation is closed. A reply opens it again.",
  reply: "Reply",
  heldBack: "Your sign-in had ended before it was sent.",
  showEarlier: "Show earlier",
  connectionLost: "Connection lost. Trying again…",

  account: "Account",
  signOut: "Sign out",
  unsentOnSignOut: "Replies that were not sent yet will be deleted.",
};

export default words;
