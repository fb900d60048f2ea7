import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { importPart } from "../../core/import_part";
import { Button } from "../../ui/kit/button";
import { DetailsView } from "../conversation/details_view";
import { ThreadView } from "../conversation/thread_view";
import type { DeskApi } from "../core/desk_api";
import { useTranslations } from "../core/desk_context";
import { type PagePlace, readPage, readRoute, writePage } from "../core/desk_route";
import { LazyPart } from "../core/lazy";
import { signInErrorMessage } from "../core/sign_in_error";
import { InboxView } from "../inbox/inbox_view";
import type { DeskFeed } from "../state/desk_feed";
import { countUnread } from "../state/inbox_model";
import type { DeskArrangement } from "../state/layout_preferences";
import { focusRow } from "../ui/pane_focus";
import { MenuView } from "./menu_view";

/** Interval for updating the times in the list, in milliseconds. */
const TICK = 15_000;
/** Interval for removing expired typing notices, in milliseconds. */
const EXPIRE_TICK = 1_000;
/** A shorter interruption than this is not shown, in milliseconds. */
const PATIENCE = 1_500;

interface Properties {
  readonly feed: DeskFeed;
  readonly call: DeskApi;
  /** The failure before this state, if any. */
  readonly failure?: unknown;
  readonly arrangement: DeskArrangement;
  /** False if the sign-in lasts only as long as the page. */
  readonly lasting: boolean;
  readonly onSignOut: () => void;
}

const loadPages = importPart(() => import("./pages_view").then((it) => it.PagesView));
const loadStepUp = importPart(() => import("../sign_in/step_up_dialog").then((it) => it.StepUpDialog));

/** The working desk: the list on one side, and a conversation or a settings page on the other. */
export function DeskView({ feed, call, failure, arrangement, lasting, onSignOut }: Properties) {
  const now = useNow(TICK);
  const place = useRoute(feed);
  useTitle(feed, place !== null);
  useReturn(feed);
  useTypingExpiry(feed);
  const selected = feed.threads.selected.value;
  const panes = useListWidth(arrangement);
  const details = selected !== null && !arrangement.collapsed.value.has("details");
  const marks = [
    selected && "desk-talk",
    selected && arrangement.focus.value && "desk-focus",
    details && "desk-details",
  ];
  const wish = call.prompt.value;
  return (
    <div class={["desk", ...marks].filter(Boolean).join(" ")}>
      <TopBar feed={feed} arrangement={arrangement} onSignOut={onSignOut} onPage={place !== null} />
      {!lasting && <TabNotice />}
      <SecondFactorNotice feed={feed} />
      <DiskNotice feed={feed} />
      {failure !== undefined && <FailureNotice failure={failure} />}
      {place ? (
        <PagesPane feed={feed} call={call} place={place} />
      ) : (
        <main class="panes" ref={panes}>
          <InboxView feed={feed} arrangement={arrangement} now={now} />
          {selected ? (
            <ThreadView key={selected} feed={feed} arrangement={arrangement} id={selected} />
          ) : (
            <NoneSelected feed={feed} />
          )}
          {details && <DetailsView feed={feed} call={call} id={selected} />}
        </main>
      )}
      {wish && <LazyPart load={loadStepUp} properties={{ call, wish }} />}
    </div>
  );
}

/** A settings page, as soon as the operator is known. */
function PagesPane({ feed, call, place }: Pick<Properties, "feed" | "call"> & { readonly place: PagePlace }) {
  const operator = feed.operator.value;
  return (
    <main class="pages">
      {operator && (
        <LazyPart
          load={loadPages}
          properties={{ call, place, operator, onOperator: (changed) => feed.changeOperator(changed) }}
        />
      )}
    </main>
  );
}

function FailureNotice({ failure }: { readonly failure: unknown }) {
  const { words, language } = useTranslations();
  return (
    <div class="tab-notice" role="alert">
      <p>{signInErrorMessage(failure, words, language)}</p>
    </div>
  );
}

/** Set the list's width in the style sheet. The page's CSP would block a style attribute. */
function useListWidth(arrangement: DeskArrangement) {
  const panes = useRef<HTMLElement>(null);
  const width = arrangement.listWidth.value;
  useLayoutEffect(() => {
    if (width === null) panes.current?.style.removeProperty("--list");
    else panes.current?.style.setProperty("--list", `${width}px`);
  });
  return panes;
}

interface TopBarProperties extends Pick<Properties, "feed" | "arrangement" | "onSignOut"> {
  /** Whether a settings page is shown, which has its own heading. */
  readonly onPage: boolean;
}

function TopBar({ feed, arrangement, onSignOut, onPage }: TopBarProperties) {
  const { words } = useTranslations();
  const Brand = onPage ? "p" : "h1";
  const lost = useLost(feed);
  const operator = feed.operator.value;
  void feed.outboxChanges.value;
  return (
    <header class="top-bar">
      <div class="house">
        <Brand class="brand">
          <span class="brand-mark" aria-hidden="true" />
          <span class="brand-name">Crumbless</span>
        </Brand>
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

/**
 * Asks those who manage the workspace to free disk space on the server. The live region is always present, so that screen readers
 * announce it.
 */
function DiskNotice({ feed }: Pick<Properties, "feed">) {
  const { words } = useTranslations();
  const state = feed.disk.value;
  return (
    <div role="status">
      {state && (
        <div class="tab-notice">
          <p>{state === "full" ? words.diskFull : words.diskLow}</p>
        </div>
      )}
    </div>
  );
}

function TabNotice() {
  const { words } = useTranslations();
  const [shown, setShown] = useState(true);
  if (!shown) return null;
  return (
    <div class="tab-notice" role="status">
      <p>{words.lastsForTab}</p>
      <Button kind="quiet" onClick={() => setShown(false)}>
        {words.dismiss}
      </Button>
    </div>
  );
}

/** Warns an operator whose session lacks a second factor that the workspace requires from a date on. */
function SecondFactorNotice({ feed }: Pick<Properties, "feed">) {
  const { words, language } = useTranslations();
  const from = feed.secondFactorFrom.value;
  if (!from) return null;
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(from);
  return (
    <div class="tab-notice" role="status">
      <p>{words.secondFactorDue({ date })}</p>
      <a class="button button-quiet" href={writePage("security")}>
        {words.security}
      </a>
    </div>
  );
}

function NoneSelected({ feed }: Pick<Properties, "feed">) {
  const { words } = useTranslations();
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

/**
 * Show the conversation in the address. Back at the list, the focus is on the row of the last conversation.
 *
 * @returns the page in the address
 */
function useRoute(feed: DeskFeed): PagePlace | null {
  const [place, setPlace] = useState(() => readPage(location.hash));
  useEffect(() => {
    const follow = () => {
      const before = feed.threads.selected.peek();
      const page = readPage(location.hash);
      const id = readRoute(location.hash);
      setPlace(page);
      feed.open(id);
      if (before && !id && !page) requestAnimationFrame(() => focusRow(before));
    };
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [feed]);
  return place;
}

/** Set the title for the conversations; a settings page has its own. */
function useTitle(feed: DeskFeed, onPage: boolean): void {
  const { words } = useTranslations();
  const unread = countUnread(feed.inbox.inbox.value);
  useEffect(() => {
    if (!onPage) document.title = `${unread > 0 ? `(${unread}) ` : ""}${words.conversations} · Crumbless`;
  }, [unread, words, onPage]);
}

/** When the page becomes visible, report the shown thread as read. When the network returns, retry failed requests. */
function useReturn(feed: DeskFeed): void {
  useEffect(() => {
    const read = () => feed.reportSeen();
    const load = () => void feed.start();
    document.addEventListener("visibilitychange", read);
    addEventListener("online", load);
    return () => {
      document.removeEventListener("visibilitychange", read);
      removeEventListener("online", load);
    };
  }, [feed]);
}

function useTypingExpiry(feed: DeskFeed): void {
  useEffect(() => {
    const timer = setInterval(() => feed.expire(Date.now()), EXPIRE_TICK);
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

/** Return whether the connection has been lost long enough to show it. Before the list is loaded, the list itself shows it. */
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
