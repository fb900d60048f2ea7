import { useRef, useState } from "preact/hooks";
import type { WorkspaceView } from "../../shared/wire_people";
import { FormField } from "../form_field";
import { useAct, useLoaded } from "./page_act";
import { usePage, usePageWords } from "./page_context";
import { Outcome, Section, When, WhenLoaded } from "./page_parts";
import { PolicySection } from "./policy_section";
import { TaskSection } from "./task_section";

/** What concerns everybody in the workspace. */
export function WorkspacePage() {
  const { workspace: words } = usePageWords();
  const { call } = usePage();
  const loaded = useLoaded(() => call.get<WorkspaceView>("/v1/desk/workspace"));
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      <WhenLoaded of={loaded}>{(workspace) => <NameForm workspace={workspace} />}</WhenLoaded>
      <PolicySection />
      <TaskSection />
    </>
  );
}

function NameForm({ workspace }: { readonly workspace: WorkspaceView }) {
  const { workspace: words, pages, save, saved, required } = usePageWords();
  const { call, onOperator } = usePage();
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState("");
  const act = useAct();
  const submit = async (event: Event) => {
    event.preventDefault();
    const name = field.current?.value.trim() ?? "";
    setFault(name ? "" : required);
    if (!name) return field.current?.focus();
    if (await act.run(() => call.post("/v1/desk/workspace", { name }), saved)) onOperator({ workspace_name: name });
  };
  return (
    <Section title={pages.workspace} first>
      <form class="page-form" onSubmit={submit} noValidate>
        <FormField
          label={words.name}
          hint={words.nameHint}
          fault={fault}
          inputRef={field}
          type="text"
          defaultValue={workspace.name}
          autocomplete="organization"
          maxLength={80}
          dir="auto"
        />
        <p class="page-note">
          {words.since}: <When at={workspace.created_at} />
        </p>
        <Outcome act={act} />
        <button type="submit" class="button button-primary" aria-disabled={act.busy}>
          {save}
        </button>
      </form>
    </Section>
  );
}
