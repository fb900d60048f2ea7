/** A command without an acknowledgement. */
export interface PendingCommand {
  /** The command's name in the protocol; a message when it is absent. */
  op?: "note" | "close";
  id: string;
  /** Empty until the conversation exists. */
  conversation: string;
  /** Empty for commands without a text. */
  text: string;
  /** Time of the press of Send, ms since 1970. */
  at: number;
  /** The code of the rejection; empty while the command will be sent automatically. */
  refused: string;
}
