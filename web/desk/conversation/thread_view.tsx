import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { MessageComposer } from "../../messages/message_composer";
import { MessageList } from "../../messages/message_list";
import { isErased, isErasure, type ShownItem, type ShownMessage, shownItems } from "../../messages/message_log";
import { Avatar } from "../../ui/kit/avatar";
import type { ConversationSummary, Operator } from "../../wire/frames";
import type { Author } from "../../wire/timeline";
import { useTranslations } from "../core/desk_context";
import { writeRoute } from "../core/desk_route";
import { readDraft, storeDraft, watchDraft } from "../core/draft_storage";
import { Failure } from "../core/failure_view";
import { DetailsButton, FocusButton } from "../inbox/inbox_toolbar";
import type { DeskFeed } from "../state/desk_feed";
import type { DeskArrangement } from "../state/layout_preferences";
import type { Thread } from "../state/thread_sync";
import { whoTypes } from "../state/typing_watch";
import { focusRow, isNarrow } from "../ui/pane_focus";
import { StatusMark } from "../ui/status_badge";
import "./thread_view.css";

interface Properties {
  readonly feed: DeskFeed;
  readonly id: string;
}

interface ViewProperties extends Properties {
  readonly arrangement: DeskArrangement;
}

/** One conversation: the visitor, the messages, and the reply box. It is mounted again for each conversation. */
export function ThreadView({ feed, arrangement, id }: ViewProperties) {
  const { words } = useTranslations();
  const thread = feed.threads.thread.value;
  const summary = feed.inbox.inbox.value.rows.get(id)?.summary ?? null;
  const [draft, setDraft] = useState(() => readDraft(id));
  const heading = useRef<HTMLHeadingElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const focusEntry = () =>
    (isNarrow() ? heading.current : (box.current ?? heading.current))?.focus({ preventScroll: true });
  useLayoutEffect(() => focusEntry(), []);
  useEffect(() => watchDraft(id, () => setDraft(readDraft(id))), [id]);
  useLayoutEffect(() => {
    // The button that closed the conversation is gone, and the focus with it.
    if (summary?.status === "closed" && document.activeElement === document.body) focusEntry();
  }, [summary?.status]);

  const change = (text: string) => {
    setDraft(text);
    storeDraft(id, text);
  };
  const edit = (refused: string) => {
    change([feed.outbox.withdraw(refused), draft].filter(Boolean).join("\n"));
    box.current?.focus();
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (isNarrow() || arrangement.focus.peek()) location.hash = writeRoute(null);
    else focusRow(id);
  };
  const missing = thread?.state === "missing";
  const erased = isErasure(summary?.last) || (thread !== null && isErased(thread.log.entries));
  return (
    <section class="talk" aria-labelledby="talk-heading" onKeyDown={leave}>
      <TalkHeader feed={feed} arrangement={arrangement} summary={summary} missing={missing} heading={heading} />
      {erased ? (
        <ErasedBody byVisitor={summary?.last?.author.kind === "visitor"} />
      ) : (
        thread && <TalkBody feed={feed} thread={thread} summary={summary} onEdit={edit} />
      )}
      {!missing && !erased && !feed.may("send_message") && (
        <footer class="talk-foot">
          <p class="talk-hint">{words.onlyReads}</p>
        </footer>
      )}
      {!missing && !erased && feed.may("send_message") && (
        <footer class="talk-foot">
          <TypingLine feed={feed} id={id} summary={summary} />
          {summary?.status === "closed" && <p class="talk-hint">{words.closedHint}</p>}
          <ReplyBox feed={feed} id={id} draft={draft} onDraft={change} box={box} />
        </footer>
      )}
    </section>
  );
}

interface HeaderProperties {
  readonly feed: DeskFeed;
  readonly arrangement: DeskArrangement;
  readonly summary: ConversationSummary | null;
  readonly missing: boolean;
  readonly heading: { current: HTMLHeadingElement | null };
}

function TalkHeader({ feed, arrangement, summary, missing, heading }: HeaderProperties) {
  const { words, shared } = useTranslations();
  const name = summary?.visitor_name || shared.visitor;
  return (
    <header class="pane-header talk-header">
      <FocusButton arrangement={arrangement} />
      <a class="icon-button back" href={writeRoute(null)}>
        <svg class="icon icon-turns" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M10 3L5 8l5 5" />
        </svg>
        <span class="hidden">{words.back}</span>
      </a>
      {summary && <Avatar name={summary.visitor_name} id={summary.visitor_id} />}
      <div class="talk-who">
        <h2 id="talk-heading" ref={heading} tabIndex={-1} dir="auto">
          {missing ? words.notFound : name}
        </h2>
        {summary && (
          <p class="row-facts">
            <StatusMark of={summary} />
            <span class="row-site" dir="auto">
              {summary.site_name}
            </span>
          </p>
        )}
      </div>
      {summary && summary.status !== "closed" && feed.may("close_conversation") && (
        <CloseButton feed={feed} id={summary.id} />
      )}
      {summary && <DetailsButton arrangement={arrangement} />}
    </header>
  );
}

function CloseButton({ feed, id }: Properties) {
  const { words } = useTranslations();
  const refused = feed.closeRefused.value === id;
  return (
    <div class="close">
      <button
        type="button"
        class="button"
        title={words.closeConversation}
        aria-disabled={feed.closing.value.has(id)}
        onClick={() => feed.close()}
      >
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M3 8.5l3.5 3.5L13 5" />
        </svg>
        <span class="close-words">{words.closeConversation}</span>
      </button>
      <p class="close-refused" role="alert">
        {refused && words.closeFailed}
      </p>
    </div>
  );
}

interface BodyProperties {
  readonly feed: DeskFeed;
  readonly thread: Thread;
  readonly summary: ConversationSummary | null;
  readonly onEdit: (id: string) => void;
}

function TalkBody({ feed, thread, summary, onEdit }: BodyProperties) {
  const { words, shared, language } = useTranslations();
  const frame = useRef<HTMLDivElement>(null);
  const keepPlace = useStablePlace(frame, thread.log.entries[0]?.id);
  switch (thread.state) {
    case "loading":
      return <TalkSkeleton />;
    case "failed":
      return <Failure text={words.threadFailed} onRetry={() => void feed.threads.load(thread.id)} />;
    case "missing":
      return (
        <div class="empty">
          <p>{words.notFoundHint}</p>
        </div>
      );
  }
  const operator = feed.operator.value;
  const kinds: Readonly<Record<string, string>> = words.kinds;
  const earlier = () => {
    keepPlace();
    void feed.threads.showEarlier();
  };
  return (
    <div class="talk-body" ref={frame}>
      <MessageList
        items={itemsOf(feed, thread, operator)}
        words={shared}
        textOf={(kind) => kinds[kind]}
        locale={language}
        nameOf={(item) => item.author.name || (item.author.kind === "visitor" && summary?.visitor_name) || ""}
        showsAuthor={(item) => isColleague(item.author, operator)}
        onRetry={(id) => feed.outbox.retry(id)}
        onEdit={onEdit}
        onAtEnd={(atEnd) => feed.scrolled(atEnd)}
        before={thread.more && <EarlierButton state={thread.earlier} onClick={earlier} />}
      />
    </div>
  );
}

/** Replaces the messages of an erased conversation. */
function ErasedBody({ byVisitor }: { readonly byVisitor: boolean }) {
  const { words } = useTranslations();
  return (
    <div class="empty" role="status">
      <p class="empty-title">{byVisitor ? words.erased : words.deleted}</p>
      <p>{words.erasedHint}</p>
    </div>
  );
}

function EarlierButton({ state, onClick }: { readonly state: Thread["earlier"]; readonly onClick: () => void }) {
  const { words } = useTranslations();
  const label = { idle: words.showEarlier, loading: words.loading, failed: words.tryAgain }[state];
  return (
    <p class="more">
      {state === "failed" && <span role="alert">{words.olderFailed}</span>}
      <button type="button" class="button button-quiet" onClick={onClick}>
        {label}
      </button>
    </p>
  );
}

/**
 * The line's space is reserved, so that nothing moves when typing starts. It is not a live region, which would be announced too
 * often.
 */
function TypingLine({ feed, id, summary }: Properties & { readonly summary: ConversationSummary | null }) {
  const { shared } = useTranslations();
  const by = whoTypes(feed.typists.value, id);
  const fallback = by?.kind === "operator" ? shared.operator : summary?.visitor_name || shared.visitor;
  return <p class="typing-line">{by && shared.typing({ name: by.name || fallback })}</p>;
}

interface ReplyProperties extends Properties {
  readonly draft: string;
  readonly onDraft: (text: string) => void;
  readonly box: { current: HTMLTextAreaElement | null };
}

function ReplyBox({ feed, id, draft, onDraft, box }: ReplyProperties) {
  const { words, shared } = useTranslations();
  return (
    <MessageComposer
      label={words.reply}
      words={shared}
      draft={draft}
      onDraft={onDraft}
      onSend={(text) => feed.reply(id, text)}
      onTyping={(on) => feed.typing(id, on)}
      inputRef={box}
    />
  );
}

function TalkSkeleton() {
  const { words } = useTranslations();
  return (
    <div class="talk-body talk-skeleton">
      <p class="hidden" role="status">
        {words.loading}
      </p>
      {["bone-bubble", "bone-bubble bone-own", "bone-bubble bone-long", "bone-bubble bone-own bone-long"].map(
        (kind) => (
          <span class={`bone ${kind}`} key={kind} aria-hidden="true" />
        ),
      )}
    </div>
  );
}

/**
 * Return the thread with the waiting replies. These have the operator's own name, so that they stay in their group when they are
 * acknowledged.
 */
function itemsOf(feed: DeskFeed, thread: Thread, operator: Operator | null): ShownItem[] {
  void feed.outboxChanges.value;
  const pending = feed.outbox.pending.filter((command) => command.conversation === thread.id && !command.op);
  const isSending = (id: string) => feed.outbox.isSending(id);
  const me: Author = { kind: "operator", name: operator?.name ?? "", id: operator?.id ?? "" };
  return shownItems(thread.log, { side: "operator", pending, isSending }).map((item) =>
    item.kind === "message" && item.seq === null ? ({ ...item, author: me } satisfies ShownMessage) : item,
  );
}

function isColleague(author: Author, operator: Operator | null): boolean {
  return author.kind === "operator" && operator !== null && author.id !== operator.id;
}

/**
 * Keep the reading position when earlier entries are inserted above. Browsers do not at the top of the scroll range.
 *
 * @returns a function to call before earlier entries are requested
 */
function useStablePlace(frame: { current: HTMLElement | null }, first: string | undefined): () => void {
  const fromEnd = useRef<number | null>(null);
  const scroller = () => frame.current?.querySelector(".thread-scroll") ?? null;
  useLayoutEffect(() => {
    const box = scroller();
    if (box && fromEnd.current !== null) box.scrollTop = box.scrollHeight - fromEnd.current;
    fromEnd.current = null;
    // Only a different first entry means that entries were inserted above.
  }, [first]);
  return () => {
    const box = scroller();
    fromEnd.current = box && box.scrollHeight - box.scrollTop;
  };
}
