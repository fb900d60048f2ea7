import { Button } from "../../ui/kit/button";
import type { DeskApi } from "../core/desk_api";
import { usePage } from "../core/page_context";
import { download } from "../ui/download";
import { ActionStatus } from "../ui/page_parts";
import { useAction } from "../ui/use_action";

interface Properties {
  readonly label: string;
  /** The route of the export. */
  readonly path: string;
}

/** Downloads an export of a settings page. */
export function ExportButton(props: Properties) {
  return <ExportBy call={usePage().call} {...props} />;
}

/** Downloads an export, also outside of the settings pages. */
export function ExportBy({ call, label, path }: Properties & { readonly call: DeskApi }) {
  const action = useAction();
  const save = () =>
    void action.run(async () => {
      const answer = await call.fetch("GET", path, { deadline: 0 });
      download(await answer.blob(), "crumbless-export.jsonl");
    });
  return (
    <>
      <Button busy={action.busy} onClick={save}>
        {label}
      </Button>
      <ActionStatus action={action} />
    </>
  );
}
