/** What must be said by the parts that frame and desk share. */
export interface SharedWords {
  send: string;
  /** Accessible name of the thread. */
  messages: string;
  newMessages: string;
  sending: string;
  waiting: string;
  sent: string;
  seen: string;
  notSent: string;
  tryAgain: string;
  edit: string;
  closed: string;
  today: string;
  yesterday: string;
  /** Who wrote our own messages, for those who hear the page. */
  you: string;
  visitor: string;
  operator: string;
  typing: (name: string) => string;
  /** Near the limit: how many characters may still be typed. */
  charactersLeft: (left: number) => string;
  /** Over the limit: by how many. */
  tooLong: (over: number) => string;
  /** Why a message was refused, by the code of docs/protocol.md. */
  refusals: Record<string, string>;
  refused: string;
}
