import { Button } from "../../ui/kit/button";
import type { ServerDataGroup, ServerDataResponse, ServerDataRow } from "../../wire/server_data_wire";
import { useTranslations } from "../core/desk_context";
import { usePage, usePageWords } from "../core/page_context";
import { download } from "../ui/download";
import { ActionStatus, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";
import "./server_data_page.css";

/** All data on the server with purpose, legal basis and retention: the controller's record of processing. */
export function ServerDataPage() {
  const { server: words } = usePageWords();
  const { language } = useTranslations();
  const { call } = usePage();
  const loaded = useResource(() => call.get<ServerDataResponse>(`/v1/desk/server-data?lang=${language}`), [language]);
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      <RecordDownload />
      <WhenReady of={loaded}>{({ groups }) => <ServerDataTable groups={groups} />}</WhenReady>
      <p class="page-note">{words.note}</p>
    </>
  );
}

function RecordDownload() {
  const { server: words } = usePageWords();
  const { language } = useTranslations();
  const { call } = usePage();
  const action = useAction();
  const save = (format: "csv" | "json") =>
    void action.run(async () => {
      const path = `/v1/desk/server-data/export?format=${format}&lang=${language}`;
      download(await (await call.fetch("GET", path)).blob(), `record-of-processing.${format}`);
    });
  return (
    <>
      <div class="form-buttons">
        <Button busy={action.busy} onClick={() => save("csv")}>
          {words.downloadCsv}
        </Button>
        <Button busy={action.busy} onClick={() => save("json")}>
          {words.downloadJson}
        </Button>
      </div>
      <ActionStatus action={action} />
    </>
  );
}

function ServerDataTable({ groups }: { readonly groups: readonly ServerDataGroup[] }) {
  const { server: words, pages } = usePageWords();
  const titles = [words.purpose, words.basis, words.deleted, words.recipients];
  return (
    <div class="table-place">
      <table class="card-table server-data" aria-label={pages.server}>
        <thead>
          <tr>
            {[words.data, ...titles].map((title) => (
              <th scope="col" key={title}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        {groups.map(({ name, label, rows }) => (
          <tbody key={name}>
            <tr class="server-data-group">
              <th colSpan={5} scope="rowgroup">
                {label}
              </th>
            </tr>
            {rows.map((row) => (
              <tr key={row.name}>
                <th scope="row">
                  {row.label}
                  <span class="server-data-about">{row.contains}</span>
                  <RowCount row={row} />
                </th>
                {[row.purpose, row.basis, row.deleted, row.recipients].map((text, index) => (
                  <td key={titles[index]} data-title={titles[index]}>
                    {text}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

/** The number of rows in the workspace, if it is counted. */
function RowCount({ row: { count, more } }: { readonly row: ServerDataRow }) {
  const { server: words } = usePageWords();
  const { language } = useTranslations();
  if (count === null) return null;
  const number = new Intl.NumberFormat(language).format(count);
  return <span class="server-data-about">{more ? words.storedMore({ number }) : words.stored({ number })}</span>;
}
