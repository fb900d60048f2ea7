import type { AuditLogTexts } from "texts:audit_log";
import loaders from "texts:audit_log/lazy";
import { useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { type Column, Table } from "../../ui/kit/table";
import type { AuditRecordResponse, AuditLogPage as Page } from "../../wire/audit_wire";
import type { PeopleResponse } from "../../wire/people_wire";
import { useTranslations } from "../core/desk_context";
import { LazyTexts } from "../core/lazy";
import { usePage, usePageWords } from "../core/page_context";
import { download } from "../ui/download";
import { formatMoment } from "../ui/format_time";
import { ActionStatus, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";

interface Filter {
  readonly action: string;
  readonly actor: string;
}

const queryOf = (filter: Filter, more: Record<string, string> = {}): string => {
  const chosen = Object.entries({ ...filter, ...more }).filter(([, value]) => value !== "");
  return chosen.length === 0 ? "" : `?${new URLSearchParams(chosen)}`;
};

interface ActionNames {
  /** The name of each action. An action without a name is shown as it is. */
  readonly actionNames: AuditLogTexts;
}

/** The recorded actions with actor and time, newest first. */
export function AuditPage() {
  return <LazyTexts loaders={loaders}>{(actionNames) => <AuditLog actionNames={actionNames} />}</LazyTexts>;
}

function AuditLog({ actionNames }: ActionNames) {
  const { audit: words, more } = usePageWords();
  const { call } = usePage();
  const [filter, setFilter] = useState<Filter>({ action: "", actor: "" });
  const [before, setBefore] = useState<readonly AuditRecordResponse[]>([]);
  const older = useAction();
  const loaded = useResource(() => {
    setBefore([]);
    return call.get<Page>(`/v1/desk/audit${queryOf(filter)}`);
  }, [filter.action, filter.actor]);
  const showMore = (page: Page) =>
    older.run(async () => {
      const last = String(page.records.at(-1)?.number ?? "");
      const next = await call.get<Page>(`/v1/desk/audit${queryOf(filter, { before: last })}`);
      setBefore([...before, ...page.records]);
      loaded.put(next);
    });
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      <AuditFilter actionNames={actionNames} filter={filter} onFilter={setFilter} />
      <AuditExport filter={filter} />
      <WhenReady of={loaded}>
        {(page) => (
          <>
            <AuditTable actionNames={actionNames} entries={[...before, ...page.records]} />
            {page.more && (
              <Button busy={older.busy} onClick={() => void showMore(page)}>
                {more}
              </Button>
            )}
            <ActionStatus action={older} />
          </>
        )}
      </WhenReady>
    </>
  );
}

interface FilterProperties extends ActionNames {
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
}

function AuditFilter({ actionNames, filter, onFilter }: FilterProperties) {
  const { audit: words } = usePageWords();
  const { call } = usePage();
  const { language } = useTranslations();
  const actions = Object.entries(actionNames).sort(([, one], [, other]) => one.localeCompare(other, language));
  const people = useResource(() => call.get<PeopleResponse>("/v1/desk/people")).value?.people ?? [];
  return (
    <div class="page-filters">
      <label class="setting">
        <span>{words.filterAct}</span>
        <select value={filter.action} onChange={(event) => onFilter({ ...filter, action: event.currentTarget.value })}>
          <option value="">{words.anyAct}</option>
          {actions.map(([action, text]) => (
            <option key={action} value={action}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label class="setting">
        <span>{words.filterActor}</span>
        <select value={filter.actor} onChange={(event) => onFilter({ ...filter, actor: event.currentTarget.value })}>
          <option value="">{words.anyActor}</option>
          {people.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function AuditExport({ filter }: Pick<FilterProperties, "filter">) {
  const { audit: words } = usePageWords();
  const { call } = usePage();
  const action = useAction();
  const save = (format: "csv" | "jsonl") =>
    void action.run(async () => {
      const answer = await call.fetch("GET", `/v1/desk/audit/export${queryOf(filter, { format })}`, { deadline: 0 });
      download(await answer.blob(), `crumbless-audit.${format}`);
    });
  return (
    <>
      <div class="form-buttons">
        <Button busy={action.busy} onClick={() => save("csv")}>
          {words.exportCsv}
        </Button>
        <Button busy={action.busy} onClick={() => save("jsonl")}>
          {words.exportJson}
        </Button>
      </div>
      <ActionStatus action={action} />
    </>
  );
}

interface TableProperties extends ActionNames {
  readonly entries: readonly AuditRecordResponse[];
}

function AuditTable({ actionNames, entries }: TableProperties) {
  const { audit: words, pages } = usePageWords();
  const { language } = useTranslations();
  if (entries.length === 0) return <p class="page-note">{words.noEntries}</p>;
  const names: Readonly<Record<string, string>> = actionNames;
  const columns: Column<AuditRecordResponse>[] = [
    { title: words.when, cell: (record) => formatMoment(record.at, language) },
    { title: words.who, cell: (record) => <bdi>{record.actor_name || words.system}</bdi> },
    { title: words.act, heads: true, cell: (record) => names[record.action] ?? record.action },
    { title: words.target, cell: (record) => <bdi>{record.target_name || record.target_id || "–"}</bdi> },
    { title: words.details, cell: (record) => <Details entry={record} /> },
  ];
  return <Table title={pages.audit} columns={columns} rows={entries} keyOf={({ number: no }) => String(no)} />;
}

/** The session of the action, and its other details. */
function Details({ entry }: { readonly entry: AuditRecordResponse }) {
  const { audit: words } = usePageWords();
  const facts = Object.entries(entry.details).map(([name, value]) => [name, valueText(value)] as const);
  if (entry.session_id) facts.push([words.session, entry.session_id]);
  if (entry.request_id) facts.push([words.request, entry.request_id]);
  if (facts.length === 0) return <>–</>;
  return (
    <details>
      <summary>{words.details}</summary>
      <dl class="page-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

const valueText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
