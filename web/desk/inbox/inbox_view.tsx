import { useRef } from "preact/hooks";
import { isErasure, textOf } from "../../messages/message_log";
import { Avatar } from "../../ui/kit/avatar";
import { Button } from "../../ui/kit/button";
import type { ConversationSummary, Operator } from "../../wire/frames";
import { useTranslations } from "../core/desk_context";
import { writeRoute } from "../core/desk_route";
import { Failure } from "../core/failure_view";
import type { DeskFeed } from "../state/desk_feed";
import { type Filter, listRows, reachOf } from "../state/inbox_model";
import type { DeskArrangement } from "../state/layout_preferences";
import { whoTypes } from "../state/typing_watch";
import { FocusGuard } from "../ui/focus_guard";
import { formatFullTime, formatTime } from "../ui/format_time";
import { StatusMark } from "../ui/status_badge";
import { DensityButton, FilterBar } from "./inbox_toolbar";
import { ListSplitter } from "./list_splitter";
import "./inbox_view.css";

interface Properties {
  readonly feed: DeskFeed;
  readonly arrangement: DeskArrangement;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function InboxView({ feed, arrangement, now }: Properties) {
  const { words } = useTranslations();
  return (
    <section class={`inbox inbox-${arrangement.density.value}`} aria-labelledby="inbox-heading">
      <header class="pane-header">
        <h2 id="inbox-heading" tabIndex={-1}>
          {words.conversations}
        </h2>
        <DensityButton arrangement={arrangement} />
      </header>
      <InboxBody feed={feed} arrangement={arrangement} now={now} />
      <ListSplitter arrangement={arrangement} />
    </section>
  );
}

function InboxBody({ feed, arrangement, now }: Properties) {
  const { words } = useTranslations();
  const { inbox, state } = feed.inbox;
  if (state.value === "loading") return <InboxSkeleton />;
  if (state.value === "failed") return <Failure text={words.listFailed} onRetry={() => void feed.start()} />;
  if (inbox.value.rows.size === 0) {
    return (
      <div class="empty">
        <EmptyPicture />
        <p class="empty-title">{words.noneYet}</p>
        <p>{words.noneYetHint}</p>
      </div>
    );
  }
  return (
    <>
      <FilterBar feed={feed} arrangement={arrangement} />
      <FilteredList feed={feed} arrangement={arrangement} now={now} />
    </>
  );
}

function FilteredList({ feed, arrangement, now }: Properties) {
  const { words } = useTranslations();
  const filter = arrangement.filter.value;
  const rows = listRows(feed.inbox.inbox.value, filter);
  if (rows.length > 0) return <InboxList feed={feed} arrangement={arrangement} now={now} rows={rows} />;
  return (
    <div class="empty">
      <p class="empty-title">{words.noneHere}</p>
      <p>{words.noneHereHint}</p>
      <OlderButton feed={feed} filter={filter} />
    </div>
  );
}

function InboxList({ feed, arrangement, now, rows }: Properties & { readonly rows: readonly ConversationSummary[] }) {
  const list = useRef<HTMLUListElement>(null);
  const selected = feed.threads.selected.value;
  const operator = feed.operator.value;
  return (
    <div class="inbox-scroll">
      <FocusGuard>
        <ul
          class="rows"
          ref={list}
          onKeyDown={(event) => moveFocus(event, list.current)}
          aria-labelledby="inbox-heading"
        >
          {rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              now={now}
              operator={operator}
              selected={row.id === selected}
              typing={whoTypes(feed.typists.value, row.id) !== null}
            />
          ))}
        </ul>
      </FocusGuard>
      <OlderButton feed={feed} filter={arrangement.filter.value} />
    </div>
  );
}

interface RowProperties {
  readonly row: ConversationSummary;
  readonly now: number;
  readonly operator: Operator | null;
  readonly selected: boolean;
  readonly typing: boolean;
}

function Row({ row, now, operator, selected, typing }: RowProperties) {
  const { words, shared, language } = useTranslations();
  const at = row.last?.at ?? row.started_at;
  return (
    <li>
      <a
        id={`row-${row.id}`}
        class={`row${row.unread > 0 ? " row-unread" : ""}`}
        href={writeRoute(row.id)}
        aria-current={selected ? "true" : undefined}
      >
        <Avatar name={row.visitor_name} id={row.visitor_id} />
        <span class="row-name" dir="auto">
          {row.visitor_name || shared.visitor}
        </span>
        <time class="row-time" dateTime={new Date(at).toISOString()} title={formatFullTime(at, language)}>
          {formatTime(at, now, language)}
        </time>
        {typing ? (
          <span class="row-words row-typing">{words.typingShort}</span>
        ) : (
          <span class="row-words" dir="auto">
            <LastWords row={row} operator={operator} />
          </span>
        )}
        {row.unread > 0 && (
          <span class="badge">
            <span aria-hidden="true">{row.unread > 99 ? "99+" : row.unread}</span>
            <span class="hidden">{words.unread({ count: row.unread })}</span>
          </span>
        )}
        <span class="row-facts">
          <StatusMark of={row} />
          <span class="row-site" dir="auto">
            {row.site_name}
          </span>
        </span>
      </a>
    </li>
  );
}

/** Enough for any width of the list; a message may be 8,000 characters long. */
const LAST_WORDS = 160;

/** The author's name is a separate element, so that only the text decides the direction. */
function LastWords({ row, operator }: Pick<RowProperties, "row" | "operator">) {
  const { words, shared } = useTranslations();
  if (!row.last) return null;
  if (isErasure(row.last)) return <>{row.last?.author.kind === "visitor" ? words.erased : words.deleted}</>;
  const { author } = row.last;
  const text = textOf(row.last) ?? shared.deleted;
  const by = author.id === operator?.id ? words.you : `${author.name || words.formerOperator}:`;
  return (
    <>
      {author.kind === "operator" && <bdi>{by}</bdi>} {text.slice(0, LAST_WORDS)}
    </>
  );
}

function OlderButton({ feed, filter }: { readonly feed: DeskFeed; readonly filter: Filter }) {
  const { words } = useTranslations();
  const { inbox, older } = feed.inbox;
  if (!reachOf(inbox.value, filter).more) return null;
  const label = { idle: words.showOlder, loading: words.loading, failed: words.tryAgain }[older.value];
  return (
    <p class="more">
      {older.value === "failed" && <span role="alert">{words.olderFailed}</span>}
      <Button kind="quiet" onClick={() => void feed.inbox.showOlder(filter)}>
        {label}
      </Button>
    </p>
  );
}

function InboxSkeleton() {
  const { words } = useTranslations();
  return (
    <div class="rows rows-skeleton">
      <p class="hidden" role="status">
        {words.loading}
      </p>
      {[0, 1, 2, 3, 4, 5].map((index) => (
        <div class="row" key={index} aria-hidden="true">
          <span class="avatar" />
          <span class="bone bone-name" />
          <span class="bone bone-words" />
        </div>
      ))}
    </div>
  );
}

function EmptyPicture() {
  return (
    <svg class="empty-picture" viewBox="0 0 64 48" aria-hidden="true">
      <rect x="3" y="3" width="42" height="27" rx="8" />
      <path d="M13 12h22M13 20h14" />
      <path d="M51 17h2a8 8 0 0 1 8 8v8a8 8 0 0 1-8 8h-1v5l-6-5h-9a8 8 0 0 1-7-4" />
    </svg>
  );
}

/** Move the focus by arrow keys, Home and End. Tab leaves the list. */
function moveFocus(event: KeyboardEvent, list: HTMLElement | null): void {
  const links = [...(list?.querySelectorAll("a") ?? [])];
  const index = links.indexOf(document.activeElement as HTMLAnchorElement);
  const targets: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: links.length - 1 };
  const target = links[targets[event.key] ?? -1];
  if (!target) return;
  event.preventDefault();
  target.focus();
}
