import { useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Checkbox } from "../../ui/kit/choice";
import type { WorkspaceResponse } from "../../wire/people_wire";
import { usePage, usePageWords } from "../core/page_context";
import { ActionStatus, Section } from "../ui/page_parts";
import { useAction } from "../ui/use_action";

/** Chooses whether colleagues see who reads a conversation, and whether reports show single operators. */
export function StaffSection({ workspace }: { readonly workspace: WorkspaceResponse }) {
  const { workspace: words, save, saved } = usePageWords();
  const { call } = usePage();
  const [reading, setReading] = useState(workspace.shows_reading ?? true);
  const [reports, setReports] = useState(workspace.operator_reports ?? true);
  const action = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    const wanted = { shows_reading: reading, operator_reports: reports };
    void action.run(() => call.post("/v1/desk/workspace", wanted), saved);
  };
  return (
    <Section title={words.staff} lead={words.staffHint}>
      <form class="page-form" onSubmit={submit} noValidate>
        <div class="page-choices">
          <Checkbox label={words.reading} hint={words.readingHint} checked={reading} onChange={setReading} />
          <Checkbox label={words.reports} hint={words.reportsHint} checked={reports} onChange={setReports} />
        </div>
        <ActionStatus action={action} />
        <Button kind="primary" type="submit" busy={action.busy}>
          {save}
        </Button>
      </form>
    </Section>
  );
}
