import { useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import type { WorkspaceResponse } from "../../wire/people_wire";
import { usePage, usePageWords } from "../core/page_context";
import { WorkspaceDeletion } from "../privacy/delete_section";
import { ActionStatus, Section, When, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";
import { PolicySection } from "./policy_section";
import { StaffSection } from "./staff_section";
import { TaskSection } from "./task_section";

/** Settings for the whole workspace. */
export function WorkspacePage() {
  const { workspace: words } = usePageWords();
  const { call, may } = usePage();
  const loaded = useResource(() => call.get<WorkspaceResponse>("/v1/desk/workspace"));
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      <WhenReady of={loaded}>{(workspace) => <NameForm workspace={workspace} />}</WhenReady>
      {loaded.value && <StaffSection workspace={loaded.value} />}
      <PolicySection />
      <TaskSection />
      {may("delete_workspace") && loaded.value && <WorkspaceDeletion workspace={loaded.value} onChanged={loaded.put} />}
    </>
  );
}

function NameForm({ workspace }: { readonly workspace: WorkspaceResponse }) {
  const { workspace: words, pages, save, saved, required } = usePageWords();
  const { call, onOperator } = usePage();
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState("");
  const action = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const name = field.current?.value.trim() ?? "";
    setFault(name ? "" : required);
    if (!name) return field.current?.focus();
    if (await action.run(() => call.post("/v1/desk/workspace", { name }), saved)) onOperator({ workspace_name: name });
  };
  return (
    <Section title={pages.workspace} first>
      <form class="page-form" onSubmit={submit} noValidate>
        <Field
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
        <ActionStatus action={action} />
        <Button kind="primary" type="submit" busy={action.busy}>
          {save}
        </Button>
      </form>
    </Section>
  );
}
