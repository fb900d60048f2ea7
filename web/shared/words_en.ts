import type { SharedWords } from "./words_shape";

const words: SharedWords = {
  send: "Send",
  messages: "Messages",
  newMessages: "New messages",
  sending: "Sending…",
  waiting: "Waiting for connection",
  sent: "Sent",
  seen: "Seen",
  notSent: "Not sent",
  tryAgain: "Try again",
  edit: "Edit",
  closed: "Conversation closed",
  today: "Today",
  yesterday: "Yesterday",
  you: "You",
  visitor: "Visitor",
  operator: "Support",
  typing: (name) => `${name} is typing…`,
  charactersLeft: (left) => (left === 1 ? "1 character left" : `${left} characters left`),
  tooLong: (over) => `Too long by ${over === 1 ? "1 character" : `${over} characters`}. Please shorten it.`,
  refusals: {
    text_too_long: "It is too long. Please shorten it.",
    empty_text: "There are no words in it.",
    bad_text: "It holds characters that cannot be sent.",
    unknown_conversation: "This conversation no longer exists.",
    erased: "It had been erased. Write it anew if you still want to send it.",
    session_ended: "The chat had ended. Try again to start a new one.",
    banned: "The website has closed this chat to you for now. You can reach its owner in another way.",
    identity_needed: "Please sign in on this website first, then try again.",
  },
  refused: "The server did not take it. Please try again.",
};

export default words;
