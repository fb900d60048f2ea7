/** The names and properties of the screens of the menu (chat_panel.tsx). */
import type { Api } from "../../core/api";
import type { Language } from "../../i18n/language";
import type { PageConfig } from "../host/page_config";
import type { Chat } from "./chat_session";

/** Each has the name of its text. */
export type LayerName = "settings" | "yourData" | "sendTransfer" | "receiveTransfer";

/** Properties of the contents. */
export interface LayerProps {
  language: Language;
  config: PageConfig;
  api: Api;
  chat: Chat;
  /** The server has erased the visitor's conversations. */
  onErased: () => Promise<void>;
}
