import { useState } from "preact/hooks";
import type { WorkspaceResponse } from "../../wire/people_wire";
import { usePage, usePageWords } from "../core/page_context";
import { ActionStatus, Section, Tick } from "../ui/page_parts";
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
          <Tick label={words.reading} checked={reading} onChange={setReading} />
          <p class="field-hint">{words.readingHint}</p>
          <Tick label={words.reports} checked={reports} onChange={setReports} />
          <p class="field-hint">{words.reportsHint}</p>
        </div>
        <ActionStatus action={action} />
        <button type="submit" class="button button-primary" aria-disabled={action.busy}>
          {save}
        </button>
      </form>
    </Section>
  );
}
