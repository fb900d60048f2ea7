import { useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import type { WorkspaceResponse } from "../../wire/people_wire";
import type { SiteResponse } from "../../wire/site_wire";
import { useTranslations } from "../core/desk_context";
import { usePage } from "../core/page_context";
import { ActionStatus, ConfirmDialog, Section } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import { ExportButton } from "./export_button";
import "./privacy.css";
import { type PrivacyTexts, WithPrivacyTexts } from "./privacy_texts";

interface SiteProperties {
  readonly site: SiteResponse;
  readonly onChanged: (site: SiteResponse) => void;
}

/** Deletes a site after a week, or undoes it. */
export function SiteDeletion({ site, onChanged }: SiteProperties) {
  return (
    <WithPrivacyTexts>
      {({ deletion: words }) => (
        <PlannedDeletion<SiteResponse>
          words={words}
          path={`/v1/desk/sites/${site.key}`}
          deleteAt={site.delete_at ?? null}
          title={words.siteAsk({ name: site.name })}
          hint={words.siteHint}
          label={words.site}
          onChanged={onChanged}
        />
      )}
    </WithPrivacyTexts>
  );
}

interface WorkspaceProperties {
  readonly workspace: WorkspaceResponse;
  readonly onChanged: (workspace: WorkspaceResponse) => void;
}

/** Deletes the workspace after a week, or undoes it. */
export function WorkspaceDeletion({ workspace, onChanged }: WorkspaceProperties) {
  return (
    <WithPrivacyTexts>
      {({ deletion: words }) => (
        <PlannedDeletion<WorkspaceResponse>
          words={words}
          path="/v1/desk/workspace"
          deleteAt={workspace.delete_at ?? null}
          title={words.workspaceAsk({ name: workspace.name })}
          hint={words.workspaceHint}
          label={words.workspace}
          confirmsName
          onChanged={onChanged}
        />
      )}
    </WithPrivacyTexts>
  );
}

interface Properties<Thing> {
  readonly words: PrivacyTexts["deletion"];
  readonly path: string;
  readonly deleteAt: number | null;
  readonly title: string;
  readonly hint: string;
  readonly label: string;
  /** Whether the name must be typed. */
  readonly confirmsName?: boolean;
  readonly onChanged: (changed: Thing) => void;
}

function PlannedDeletion<Thing>({
  words,
  path,
  deleteAt,
  title,
  hint,
  label,
  confirmsName = false,
  onChanged,
}: Properties<Thing>) {
  const { language } = useTranslations();
  const { call } = usePage();
  const [asks, setAsks] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  const action = useAction();
  const undo = () => action.run(async () => onChanged(await call.post<Thing>(`${path}/undo-delete`)), words.undone);
  const plan = async () => {
    const body = confirmsName ? { name: name.current?.value.trim() ?? "" } : {};
    onChanged(await call.post<Thing>(`${path}/delete`, body));
  };
  const date = deleteAt === null ? "" : new Date(deleteAt).toLocaleDateString(language, { dateStyle: "long" });
  return (
    <Section title={words.title} lead={deleteAt === null ? words.exportFirst : null}>
      {deleteAt !== null && <p class="mark mark-warning">{words.planned({ date })}</p>}
      <div class="form-buttons">
        {deleteAt === null ? (
          <Button onClick={() => setAsks(true)}>{label}</Button>
        ) : (
          <Button kind="primary" busy={action.busy} onClick={() => void undo()}>
            {words.undo}
          </Button>
        )}
        <ExportButton label={words.export} path={`${path}/export`} />
      </div>
      <ActionStatus action={action} />
      {asks && (
        <ConfirmDialog title={title} hint={hint} label={label} action={plan} onClose={() => setAsks(false)}>
          {confirmsName && <Field label={words.typeName} inputRef={name} type="text" autocomplete="off" dir="auto" />}
        </ConfirmDialog>
      )}
    </Section>
  );
}
