import { useState } from "preact/hooks";
import { isErasure } from "../../messages/message_log";
import type { ConversationSummary } from "../../wire/frames";
import type { Contact } from "../../wire/timeline";
import type { DeskApi } from "../core/desk_api";
import { useTranslations } from "../core/desk_context";
import { LazyPart } from "../core/lazy";
import type { DeskFeed } from "../state/desk_feed";
import { formatFullTime } from "../ui/format_time";
import { StatusMark } from "../ui/status_badge";
import "./details_view.css";
import { importPart } from "../../core/import_part";

interface Properties {
  readonly feed: DeskFeed;
  readonly call: DeskApi;
  readonly id: string;
}

const loadDelete = importPart(() => import("../privacy/delete_dialog").then((it) => it.DeleteDialog));
const loadBan = importPart(() => import("../workspace/ban_dialog").then((it) => it.BanDialog));

/** The known facts of a conversation, beside it. */
export function DetailsView({ feed, call, id }: Properties) {
  const { words, shared, language } = useTranslations();
  const summary = feed.inbox.inbox.value.rows.get(id)?.summary;
  if (!summary) return null;
  return (
    <aside id="details" class="details" aria-labelledby="details-heading">
      <h3 id="details-heading">{words.details}</h3>
      <dl>
        <Fact name={shared.visitor}>
          <bdi>{summary.visitor_name || words.noName}</bdi>
        </Fact>
        {summary.contact && <VerifiedIdentity {...summary.contact} />}
        <Fact name={words.website}>
          <bdi>{summary.site_name}</bdi>
        </Fact>
        <Fact name={words.status}>
          <StatusMark of={summary} />
        </Fact>
        <Fact name={words.started}>
          <time dateTime={new Date(summary.started_at).toISOString()}>
            {formatFullTime(summary.started_at, language)}
          </time>
        </Fact>
        <Fact name={shared.messages}>{countMessages(feed, summary)}</Fact>
      </dl>
      {feed.may("ban_visitor") && <BanButton call={call} id={id} />}
      {feed.may("erase_data") && !isErasure(summary.last) && <DeleteButtons call={call} id={id} />}
    </aside>
  );
}

/** The visitor's attributes from the site. Unlike a visitor's own statements, they are verified. */
function VerifiedIdentity({ name, email, email_verified, attributes }: Contact) {
  const { words } = useTranslations();
  return (
    <div class="fact vouched">
      <dt>{words.vouchedFor}</dt>
      {name && (
        <dd>
          <bdi>{name}</bdi>
        </dd>
      )}
      {email && (
        <dd>
          <bdi>{email}</bdi> {email_verified && `(${words.emailVerified})`}
        </dd>
      )}
      {Object.entries(attributes).map(([key, value]) => (
        <dd key={key}>
          <bdi>{key}</bdi>: <bdi>{value}</bdi>
        </dd>
      ))}
    </div>
  );
}

function BanButton({ call, id }: Pick<Properties, "call" | "id">) {
  const { words } = useTranslations();
  const [asks, setAsks] = useState(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setAsks(true)}>
        {words.banVisitor}
      </button>
      {asks && <LazyPart load={loadBan} properties={{ call, conversation: id, onClose: () => setAsks(false) }} />}
    </>
  );
}

/** Deletes the conversation, or everything about its visitor. */
function DeleteButtons({ call, id }: Pick<Properties, "call" | "id">) {
  const { words } = useTranslations();
  const [asks, setAsks] = useState<{ whole: boolean } | null>(null);
  const properties = asks && { call, conversation: id, whole: asks.whole, onClose: () => setAsks(null) };
  return (
    <>
      <button type="button" class="button" onClick={() => setAsks({ whole: false })}>
        {words.deleteConversation}
      </button>
      <button type="button" class="button" onClick={() => setAsks({ whole: true })}>
        {words.deleteVisitor}
      </button>
      {properties && <LazyPart load={loadDelete} properties={properties} />}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Return the number of messages in the loaded part; a plus means that there are more. */
function countMessages(feed: DeskFeed, { id }: ConversationSummary): string {
  const thread = feed.threads.threads.value.get(id);
  if (thread?.state !== "ready") return "…";
  const count = thread.log.entries.filter((entry) => entry.kind === "message").length;
  return `${count}${thread.more ? "+" : ""}`;
}
