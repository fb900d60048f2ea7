import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { DeskArrangement } from "./desk_arrangement";
import { useSpeech } from "./desk_context";
import type { DeskFeed } from "./desk_feed";
import { readRoute } from "./desk_route";
import { DetailsView } from "./details_view";
import { countUnread } from "./inbox_model";
import { InboxView } from "./inbox_view";
import { MenuView } from "./menu_view";
import { focusRow } from "./pane_focus";
import { ThreadView } from "./thread_view";

/** How often times in the list are written anew, in milliseconds. */
const TICK = 15_000;
/** How often typing notices are looked at, in milliseconds. */
const LAPSE_TICK = 1_000;
/** A shorter break than this is not worth a word, in milliseconds. */
const PATIENCE = 1_500;

interface Properties {
  readonly feed: DeskFeed;
  readonly arrangement: DeskArrangement;
  /** False while the sign-in lasts only as long as the page. */
  readonly lasting: boolean;
  readonly onSignOut: () => void;
}

/** The desk at work: the list on one side, a conversation on the other. */
export function DeskView({ feed, arrangement, lasting, onSignOut }: Properties) {
  const now = useNow(TICK);
  useRoute(feed);
  useTitle(feed);
  useReturn(feed);
  useLapse(feed);
  const selected = feed.threads.selected.value;
  const panes = useListWidth(arrangement);
  const details = selected !== null && !arrangement.collapsed.value.has("details");
  const marks = [
    selected && "desk-talk",
    selected && arrangement.focus.value && "desk-focus",
    details && "desk-details",
  ];
  return (
    <div class={["desk", ...marks].filter(Boolean).join(" ")}>
      <TopBar feed={feed} arrangement={arrangement} onSignOut={onSignOut} />
      {!lasting && <TabNotice />}
      <main class="panes" ref={panes}>
        <InboxView feed={feed} arrangement={arrangement} now={now} />
        {selected ? (
          <ThreadView key={selected} feed={feed} arrangement={arrangement} id={selected} />
        ) : (
          <NoneSelected feed={feed} />
        )}
        {details && <DetailsView feed={feed} id={selected} />}
      </main>
    </div>
  );
}

/** Tells the style sheet the list's width; a style attribute would be refused by the page's policy. */
function useListWidth(arrangement: DeskArrangement) {
  const panes = useRef<HTMLElement>(null);
  const width = arrangement.listWidth.value;
  useLayoutEffect(() => {
    if (width === null) panes.current?.style.removeProperty("--list");
    else panes.current?.style.setProperty("--list", `${width}px`);
  }, [width]);
  return panes;
}

function TopBar({ feed, arrangement, onSignOut }: Pick<Properties, "feed" | "arrangement" | "onSignOut">) {
  const { words } = useSpeech();
  const lost = useLost(feed);
  const operator = feed.operator.value;
  void feed.outboxChanges.value;
  return (
    <header class="top-bar">
      <div class="house">
        <h1 class="brand">
          <span class="brand-mark" aria-hidden="true" />
          <span class="brand-name">Crumbless</span>
        </h1>
        <p class="workspace">{operator?.workspace_name}</p>
      </div>
      <p class="connection" role="status">
        {lost && <span>{words.connectionLost}</span>}
      </p>
      <MenuView
        operator={operator?.name ?? ""}
        email={operator?.email ?? ""}
        workspace={operator?.workspace_name ?? ""}
        arrangement={arrangement}
        unsent={feed.outbox.pending.length > 0}
        onSignOut={onSignOut}
      />
    </header>
  );
}

function TabNotice() {
  const { words } = useSpeech();
  const [shown, setShown] = useState(true);
  if (!shown) return null;
  return (
    <div class="tab-notice" role="status">
      <p>{words.lastsForTab}</p>
      <button type="button" class="button button-quiet" onClick={() => setShown(false)}>
        {words.dismiss}
      </button>
    </div>
  );
}

function NoneSelected({ feed }: Pick<Properties, "feed">) {
  const { words } = useSpeech();
  if (feed.inbox.inbox.value.rows.size === 0) return <div class="talk talk-none" />;
  return (
    <section class="talk talk-none" aria-labelledby="talk-heading">
      <div class="empty">
        <h2 id="talk-heading" class="empty-title">
          {words.noneSelected}
        </h2>
        <p>{words.noneSelectedHint}</p>
      </div>
    </section>
  );
}

/** Shows the conversation that the address names; back at the list, the focus is on the row that was left. */
function useRoute(feed: DeskFeed): void {
  useEffect(() => {
    const follow = () => {
      const before = feed.threads.selected.peek();
      const id = readRoute(location.hash);
      feed.open(id);
      if (before && !id) requestAnimationFrame(() => focusRow(before));
    };
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [feed]);
}

function useTitle(feed: DeskFeed): void {
  const { words } = useSpeech();
  const unread = countUnread(feed.inbox.inbox.value);
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${words.conversations} · Crumbless`;
  }, [unread, words]);
}

/** A thread that comes into view with the page has been read; what could not be loaded is tried again with the network. */
function useReturn(feed: DeskFeed): void {
  useEffect(() => {
    const read = () => feed.tellSeen();
    const load = () => void feed.start();
    document.addEventListener("visibilitychange", read);
    addEventListener("online", load);
    return () => {
      document.removeEventListener("visibilitychange", read);
      removeEventListener("online", load);
    };
  }, [feed]);
}

function useLapse(feed: DeskFeed): void {
  useEffect(() => {
    const timer = setInterval(() => feed.lapse(Date.now()), LAPSE_TICK);
    return () => clearInterval(timer);
  }, [feed]);
}

function useNow(every: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** Whether the connection has been away long enough to say so; before the list is loaded, the list itself tells. */
function useLost(feed: DeskFeed): boolean {
  const [late, setLate] = useState(false);
  const wasOpen = useRef(false);
  const away = feed.connection.value !== "open";
  if (!away) wasOpen.current = true;
  useEffect(() => {
    if (!away) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), PATIENCE * (wasOpen.current ? 1 : 3));
    return () => clearTimeout(timer);
  }, [away]);
  return away && late && feed.inbox.state.value === "ready";
}
