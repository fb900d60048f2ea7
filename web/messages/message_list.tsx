/** Renders a thread: bubbles in groups, days and the send states of our messages. Texts are only inserted as text nodes. */

import type { ConversationTexts } from "texts:conversation";
import type { ComponentChildren, ComponentType, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { importPart } from "../core/import_part";
import { DAY_MS } from "../core/time_units";
import "./message_list.css";
import type { MessageExtrasProps } from "./message_extras";
import { type Block, blocksOf, type MessageGroup } from "./message_groups";
import type { ShownClosing, ShownItem, ShownMessage } from "./message_log";

export interface MessageListProps {
  items: readonly ShownItem[];
  words: ConversationTexts;
  /** BCP 47 tag for times and days. */
  locale: string;
  /** Returns the name of an author who has none. */
  nameOf?: (item: ShownMessage) => string;
  /** Returns the text of an entry that only operators see: of a change, or the label of a note. */
  textOf?: (kind: ShownClosing["change"]) => string | undefined;
  /**
   * Whether the author's name is visible, and not only for screen readers. When absent, it is visible for the other side's
   * messages.
   */
  showsAuthor?: (item: ShownMessage) => boolean;
  /** Sends a rejected message again. */
  onRetry: (id: string) => void;
  /** Moves the text of a rejected message back into the box. */
  onEdit: (id: string) => void;
  /** Whether the newest message is in view. Called at the start and when it changes. */
  onAtEnd?: (atEnd: boolean) => void;
  /** Above the first message: the control that loads earlier messages, or an empty state. */
  before?: ComponentChildren;
  /** Below the last message: the typing notice. */
  after?: ComponentChildren;
}

/** A distance from the end, in CSS pixels, that still counts as the end. */
const NEAR_END = 48;
/** Rejections that the same text would cause again: the text has to change first. */
const NEEDS_EDIT = new Set(["text_too_long", "empty_text", "bad_text", "erased"]);

export function MessageList(props: MessageListProps): JSX.Element {
  const { words } = props;
  const scroll = useStickyEnd(props);
  return (
    <div class="thread">
      <div
        class="thread-scroll"
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label={words.messages}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1).
        tabIndex={0}
        ref={scroll.ref}
        onScroll={scroll.onScroll}
      >
        <div class="thread-flow">
          {props.before}
          {blocksOf(props.items).map((block) => (
            <BlockView key={block.key} block={block} list={props} />
          ))}
          {props.after}
        </div>
      </div>
      {scroll.missed && (
        <button class="thread-new" type="button" onClick={scroll.toEnd}>
          {words.newMessages}
        </button>
      )}
    </div>
  );
}

function BlockView({ block, list }: { block: Block; list: MessageListProps }): JSX.Element {
  switch (block.kind) {
    case "day":
      return (
        <p class="thread-line">
          <time dateTime={new Date(block.at).toISOString()}>{dayText(block.at, list)}</time>
        </p>
      );
    case "closed":
      return (
        <p class="thread-line">
          {list.textOf?.(block.item.change) ?? list.words.closed} · {timeText(block.item.at, list.locale)}
        </p>
      );
    case "group":
      return <GroupView group={block} list={list} />;
  }
}

function GroupView({ group, list }: { group: MessageGroup; list: MessageListProps }): JSX.Element {
  const last = group.messages[group.messages.length - 1];
  const first = group.messages[0];
  const named = first && list.showsAuthor ? list.showsAuthor(first) : !group.own;
  return (
    <div class={group.own ? "thread-group own" : "thread-group"}>
      <p class={named ? "thread-author" : "thread-author hidden"}>{authorName(group, list)}</p>
      {group.messages.map((message) => (
        <Bubble key={message.id} message={message} list={list} />
      ))}
      {last?.state === "refused" ? (
        <Refusal message={last} list={list} />
      ) : (
        last && <Meta message={last} list={list} showState={group.showState} />
      )}
    </div>
  );
}

const loadExtras = importPart(() => import("./message_extras"));

function Bubble({ message, list }: { message: ShownMessage; list: MessageListProps }): JSX.Element {
  const { state, note, quote, later } = message;
  const [Extras, setExtras] = useState<ComponentType<MessageExtrasProps> | null>(null);
  useEffect(() => {
    // The state is a function, which a setter would call. Without the part the message is shown as its newest text.
    if (later) loadExtras().then((part) => setExtras(() => part.MessageExtras), Boolean);
  }, [later]);
  return (
    <div class={`bubble ${note ? "note" : (state ?? "")}`} dir="auto">
      {note && <b>{list.textOf?.("note")}</b>}
      {quote !== undefined && <blockquote>{quote || "…"}</blockquote>}
      {message.deleted ? <i>{list.words.deleted}</i> : message.text}
      {later && Extras && <Extras later={later} words={list.words} />}
    </div>
  );
}

function authorName(group: MessageGroup, { words, nameOf }: MessageListProps): string {
  const first = group.messages[0];
  if (group.own && !nameOf) return words.you;
  return (
    (first && nameOf?.(first)) ||
    first?.author.name ||
    (first?.author.kind === "operator" ? words.operator : words.visitor)
  );
}

function Meta({
  message,
  list,
  showState,
}: {
  message: ShownMessage;
  list: MessageListProps;
  showState: boolean;
}): JSX.Element {
  const state = message.state && message.state !== "refused" && showState ? list.words[message.state] : "";
  return (
    <p class="thread-meta">
      <time dateTime={new Date(message.at).toISOString()}>{timeText(message.at, list.locale)}</time>
      {state && <span> · {state}</span>}
    </p>
  );
}

function Refusal({ message, list }: { message: ShownMessage; list: MessageListProps }): JSX.Element {
  const { words } = list;
  const refusals: Readonly<Record<string, string>> = words.refusals;
  return (
    <p class="thread-meta refusal">
      <span>
        {words.notSent}. {refusals[message.refused] ?? words.refused}
      </span>
      {!NEEDS_EDIT.has(message.refused) && (
        <button type="button" onClick={() => list.onRetry(message.id)}>
          {words.tryAgain}
        </button>
      )}
      <button type="button" onClick={() => list.onEdit(message.id)}>
        {words.edit}
      </button>
    </p>
  );
}

const timeText = (at: number, locale: string): string =>
  new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }).format(at);

function dayText(at: number, { words, locale }: MessageListProps): string {
  const day = new Date(at).toDateString();
  if (day === new Date().toDateString()) return words.today;
  if (day === new Date(Date.now() - DAY_MS).toDateString()) return words.yesterday;
  return new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" }).format(at);
}

/** Keep the end in view unless the user has scrolled up. In that case, report that a new message has arrived. */
function useStickyEnd({ items, onAtEnd, after }: MessageListProps) {
  const ref = useRef<HTMLDivElement>(null);
  const atEnd = useRef<boolean | null>(null);
  const [missed, setMissed] = useState(false);
  const last = items[items.length - 1];

  const tellAtEnd = (now: boolean) => {
    if (atEnd.current === now) return;
    atEnd.current = now;
    if (now) setMissed(false);
    onAtEnd?.(now);
  };
  const toEnd = () => {
    const box = ref.current;
    if (box) box.scrollTop = box.scrollHeight;
    tellAtEnd(true);
  };
  const onScroll = () => {
    const box = ref.current;
    if (box) tellAtEnd(box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END);
  };

  // Runs for each new last message, and only then.
  useLayoutEffect(() => {
    if (atEnd.current !== false || (last?.kind === "message" && last.seq === null)) toEnd();
    else if (last) setMissed(true);
  }, [last?.id]);

  // The content below the last message may have grown.
  useLayoutEffect(() => {
    if (atEnd.current) toEnd();
  }, [items, after]);

  useLayoutEffect(() => {
    const box = ref.current;
    if (!box) return;
    // The list shrinks when a phone's keyboard opens or the composer grows.
    const watch = new ResizeObserver(() => {
      if (atEnd.current) box.scrollTop = box.scrollHeight;
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, []);

  return { ref, missed, toEnd, onScroll };
}
