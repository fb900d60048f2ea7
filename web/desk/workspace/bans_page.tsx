import { useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { type Column, Table } from "../../ui/kit/table";
import type { BanResponse, BansResponse } from "../../wire/identity_wire";
import { useTranslations } from "../core/desk_context";
import { usePage, usePageWords } from "../core/page_context";
import { formatMoment } from "../ui/format_time";
import { ActionStatus, ConfirmDialog, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";

/** The banned visitors. */
export function BansPage() {
  const { bans: words, pages, actions } = usePageWords();
  const { language, shared } = useTranslations();
  const { call } = usePage();
  const [lifting, setLifting] = useState<BanResponse | null>(null);
  const action = useAction();
  const loaded = useResource(() => call.get<BansResponse>("/v1/desk/bans"));
  const nameOf = (ban: BanResponse) => ban.label || shared.visitor;
  const columns: Column<BanResponse>[] = [
    { title: words.who, heads: true, cell: (ban) => <bdi>{nameOf(ban)}</bdi> },
    { title: words.how, cell: (ban) => words.kinds[ban.kind] },
    { title: words.reason, cell: (ban) => <bdi>{ban.reason || "–"}</bdi> },
    { title: words.by, cell: (ban) => <bdi>{ban.created_by}</bdi> },
    { title: words.ends, cell: (ban) => formatMoment(ban.ends_at, language) },
    {
      title: actions,
      cell: (ban) => (
        <Button kind="quiet" onClick={() => setLifting(ban)}>
          {words.lift} <span class="hidden">{nameOf(ban)}</span>
        </Button>
      ),
    },
  ];
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      <WhenReady of={loaded}>
        {({ bans }) =>
          bans.length === 0 ? (
            <p class="page-note">{words.noBans}</p>
          ) : (
            <Table title={pages.bans} columns={columns} rows={bans} keyOf={({ id }) => id} />
          )
        }
      </WhenReady>
      <ActionStatus action={action} />
      {lifting && (
        <ConfirmDialog
          title={words.liftAsk({ who: nameOf(lifting) })}
          hint={words.liftHint}
          label={words.lift}
          action={() => call.post(`/v1/desk/bans/${lifting.id}/lift`)}
          onDone={() => void action.run(loaded.reload, words.lifted)}
          onClose={() => setLifting(null)}
        />
      )}
    </>
  );
}
