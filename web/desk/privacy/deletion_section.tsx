import { type Column, Table } from "../../ui/kit/table";
import type { PeopleResponse } from "../../wire/people_wire";
import type { DeletionReceipt, DeletionsResponse } from "../../wire/retention_wire";
import { useTranslations } from "../core/desk_context";
import { usePage } from "../core/page_context";
import { formatMoment } from "../ui/format_time";
import { Section, WhenReady } from "../ui/page_parts";
import { useResource } from "../ui/use_action";
import type { PrivacyTexts } from "./privacy_texts";

/** The receipts of deletions, newest first. */
export function DeletionSection({ texts }: { readonly texts: PrivacyTexts }) {
  const { retention: words } = texts;
  const { language } = useTranslations();
  const { call } = usePage();
  const loaded = useResource(() => call.get<DeletionsResponse>("/v1/desk/deletions"));
  const people = useResource(() => call.get<PeopleResponse>("/v1/desk/people")).value?.people ?? [];
  const nameOf = (id: string) => people.find((one) => one.id === id)?.name ?? id;
  const columns: Column<DeletionReceipt>[] = [
    { title: words.what, heads: true, cell: (receipt) => words.kinds[receipt.kind] },
    {
      title: words.when,
      cell: ({ finished_at }) => (finished_at === null ? words.running : formatMoment(finished_at, language)),
    },
    { title: words.by, cell: ({ operator }) => <bdi>{operator === "" ? words.nightly : nameOf(operator)}</bdi> },
    { title: words.counts, cell: (receipt) => countsText(receipt, texts, language) },
  ];
  return (
    <Section title={words.deletions} lead={words.deletionsHint}>
      <WhenReady of={loaded}>
        {({ deletions }) =>
          deletions.length === 0 ? (
            <p class="page-note">{words.noDeletions}</p>
          ) : (
            <Table title={words.deletions} columns={columns} rows={deletions} keyOf={({ id }) => id} />
          )
        }
      </WhenReady>
    </Section>
  );
}

/** Return the counts with their titles. Counts without a title are of tables, and not shown. */
export function countsText({ counts }: DeletionReceipt, { retention: words }: PrivacyTexts, language: string): string {
  const titles: Readonly<Record<string, string>> = {
    conversations: words.conversations,
    messages: words.messages,
    contacts: words.contacts,
    receipts: words.receipts,
    audit_entries: words.auditEntries,
    names: words.names,
  };
  const format = new Intl.NumberFormat(language);
  const shown = Object.entries(titles).filter(([name]) => counts[name]);
  return shown.map(([name, title]) => `${title}: ${format.format(counts[name] ?? 0)}`).join(", ") || "–";
}
