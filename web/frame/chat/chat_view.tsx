/** The chat's view: header, thread or empty state, message box, and the checkbox that stores the chat. */

import type { ConversationTexts } from "texts:conversation";
import type { FrameTexts } from "texts:frame";
import type { ComponentType, JSX, RefObject } from "preact";
import { useState } from "preact/hooks";
import { importPart } from "../../core/import_part";
import { MessageComposer } from "../../messages/message_composer";
import { MessageList } from "../../messages/message_list";
import "../../ui/theme.css";
import type { LayerName, LayerProps } from "./chat_layer";
import { ChatMenu, type ChatMenuProps } from "./chat_menu";
import type { ChatLayerProps } from "./chat_panel";
import type { Chat } from "./chat_session";
import "./chat_view.css";

export interface ChatViewProps {
  /** The site's name. */
  name: string;
  keepDays: number;
  chat: Chat;
  words: FrameTexts;
  /** BCP 47 tag for dates and times. */
  locale: string;
  draft: string;
  box: RefObject<HTMLTextAreaElement | null>;
  onDraft: (text: string) => void;
  onEdit: (id: string) => void;
  onAtEnd: (atEnd: boolean) => void;
  onClose: () => void;
  /** For the menu's screens. */
  layer: LayerProps;
  /** Address of the policy page. */
  policy: string;
}

const loadLayer = importPart(() => import("./chat_panel"));

export function ChatView(props: ChatViewProps): JSX.Element {
  const { chat, words } = props;
  const { items } = chat;
  const { origins } = props.layer.config;
  // Opened by a link on its own page, a chat can continue but not begin: the server accepts new chats from the site's pages only.
  const elsewhere = !chat.running && window.parent === window && !origins.includes(location.origin) && (
    <StartElsewhere words={words} origins={origins} />
  );
  const [layer, setLayer] = useState<LayerName | null>(null);
  const [ChatLayer, setChatLayer] = useState<ComponentType<ChatLayerProps> | null>(null);
  const onFailed = () => chat.showNotice(words.partFailed);
  const show = (name: LayerName) =>
    loadLayer().then((part) => {
      // The state is a function, which a setter would call.
      setChatLayer(() => part.ChatLayer);
      setLayer(name);
    }, onFailed);
  const closeLayer = () => {
    setLayer(null);
    // The layer restores the focus to the element that opened it. Here a chat has arrived in the meantime, so the focus moves to
    // its box.
    if (layer === "receiveTransfer" && chat.running) props.box.current?.focus();
  };
  return (
    <main class="chat">
      <Header {...props} onOpen={show} onFailed={onFailed} />
      {layer && ChatLayer && (
        <ChatLayer key={layer} name={layer} words={words} layerProps={props.layer} onClose={closeLayer} />
      )}
      {items.length === 0 ? (
        <EmptyState words={words} elsewhere={elsewhere} onContinue={() => show("receiveTransfer")} />
      ) : (
        <MessageList
          items={items}
          words={words.conversation}
          locale={props.locale}
          onRetry={(id) => chat.retry(id)}
          onEdit={props.onEdit}
          onAtEnd={props.onAtEnd}
          after={
            chat.typing && (
              <TypingLine name={chat.typing.name || words.conversation.operator} words={words.conversation} />
            )
          }
        />
      )}
      <footer class="chat-foot">
        {(!elsewhere || chat.notice) && <Notice {...props} />}
        {elsewhere ? (
          items.length > 0 && <div class="chat-notice">{elsewhere}</div>
        ) : (
          <MessageComposer
            label={words.message}
            placeholder={words.placeholder}
            words={words.conversation}
            draft={props.draft}
            onDraft={props.onDraft}
            onSend={(text) => chat.send(text)}
            onTyping={(on) => chat.sendTyping(on)}
            inputRef={props.box}
          />
        )}
        {chat.running && !chat.memoryOnly && <StoreTick {...props} />}
      </footer>
    </main>
  );
}

function Header(props: ChatViewProps & Pick<ChatMenuProps, "onOpen" | "onFailed">): JSX.Element {
  const { name, chat, words, onClose, policy, onOpen, onFailed } = props;
  const { away } = chat;
  return (
    <header class="chat-head">
      <span class="chat-mark" aria-hidden="true">
        {[...name.trim()][0]}
      </span>
      <div class="chat-title">
        <h1>{name}</h1>
        <p class={away ? "chat-status waiting" : "chat-status"} role="status">
          {away ? words.reconnecting : words.online}
        </p>
      </div>
      <ChatMenu words={words} running={chat.running} policy={policy} onOpen={onOpen} onFailed={onFailed} />
      {window.parent !== window && (
        <button class="chat-close" type="button" aria-label={words.close} onClick={onClose}>
          <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d="m5 5 10 10M15 5 5 15" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" />
          </svg>
        </button>
      )}
    </header>
  );
}

/** The pages on which a new chat can begin. */
function StartElsewhere({ words, origins }: { words: FrameTexts; origins: readonly string[] }): JSX.Element {
  return (
    <>
      <p>{words.startElsewhere}</p>
      {origins.map((origin) => (
        <a key={origin} class="chat-site" href={origin}>
          {origin}
        </a>
      ))}
    </>
  );
}

interface EmptyStateProps {
  words: FrameTexts;
  /** In place of the welcome, where no chat can begin. */
  elsewhere: JSX.Element | false;
  onContinue: () => void;
}

function EmptyState({ words, elsewhere, onContinue }: EmptyStateProps): JSX.Element {
  return (
    <div class="chat-empty">
      <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
        <path
          d="M9 13a5 5 0 0 1 5-5h20a5 5 0 0 1 5 5v14a5 5 0 0 1-5 5H22l-9 8v-8.1A5 5 0 0 1 9 27z"
          fill="none"
          stroke="currentColor"
          stroke-width="2"
          stroke-linejoin="round"
        />
        <path d="M17 17h14M17 23h9" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
      </svg>
      {elsewhere || (
        <>
          <h2>{words.welcome}</h2>
          <p>{words.welcomeMore}</p>
        </>
      )}
      <button type="button" class="chat-continue" onClick={onContinue}>
        {words.receiveTransfer}
      </button>
    </div>
  );
}

function TypingLine({ name, words }: { name: string; words: ConversationTexts }): JSX.Element {
  return (
    <p class="chat-typing">
      <span class="chat-dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {words.typing({ name })}
    </p>
  );
}

function noticeText({ chat, words }: ChatViewProps): string | null {
  if (chat.refusedSite) return words.refusedSite;
  if (chat.notice) return chat.notice;
  if (chat.ended) return words.ended;
  if (chat.memoryOnly) return words.tabOnly;
  return chat.keepRefused ? words.keepRefused : null;
}

function Notice(props: ChatViewProps): JSX.Element | null {
  const text = noticeText(props);
  if (!text) return null;
  return (
    <p class="chat-notice" role="status">
      {text}
    </p>
  );
}

function StoreTick({ chat, words, keepDays, locale }: ChatViewProps): JSX.Element {
  const change = async (tick: HTMLInputElement) => {
    await chat.keep(tick.checked);
    // The browser may have refused. The checkbox shows the actual state.
    tick.checked = chat.storedUntil() !== null;
  };
  const until = chat.storedUntil();
  return (
    <div class="chat-keep">
      <label>
        <input
          type="checkbox"
          checked={until !== null}
          aria-describedby="kept-until"
          onChange={(event) => void change(event.currentTarget)}
        />
        {words.keep({ days: keepDays })}
      </label>
      <p id="kept-until">{until && words.keptUntil({ date: dateText(until, locale) })}</p>
    </div>
  );
}

const dateText = (at: number, locale: string): string =>
  new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" }).format(at);
