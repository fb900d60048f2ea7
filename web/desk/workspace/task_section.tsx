import type { DeskPagesTexts } from "texts:desk_pages";
import { useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { type Column, Table } from "../../ui/kit/table";
import type { DeadTask, DeadTasks } from "../../wire/task_wire";
import { usePage, usePageWords } from "../core/page_context";
import { ActionStatus, ConfirmDialog, Section, When, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";

/** Return the name of the job's kind. A kind without a text is shown by its group's name. */
function kindText({ kind, mail }: DeadTask, { kinds }: DeskPagesTexts["workspace"]): string {
  return Object.hasOwn(kinds, mail) ? kinds[mail as keyof typeof kinds] : kinds[kind];
}

/** Failed jobs, such as emails. */
export function TaskSection() {
  const { workspace: words, actions } = usePageWords();
  const { call } = usePage();
  const [dropping, setDropping] = useState<DeadTask | null>(null);
  const action = useAction();
  const loaded = useResource(() => call.get<DeadTasks>("/v1/desk/tasks"));
  const again = (task: DeadTask) =>
    void action.run(async () => {
      await call.post(`/v1/desk/tasks/${task.id}/retry`);
      await loaded.reload();
    }, words.retried);
  const columns: Column<DeadTask>[] = [
    { title: words.what, heads: true, cell: (task) => kindText(task, words) },
    { title: words.to, cell: (task) => <bdi>{task.to || "–"}</bdi> },
    { title: words.reason, cell: (task) => <bdi>{task.error}</bdi> },
    { title: words.tries, cell: (task) => task.attempts },
    { title: words.when, cell: (task) => <When at={task.dead_at} /> },
    {
      title: actions,
      cell: (task) => <TaskActions task={task} onRetry={() => again(task)} onDrop={() => setDropping(task)} />,
    },
  ];
  return (
    <Section title={words.tasks} lead={words.tasksHint}>
      <WhenReady of={loaded}>
        {({ tasks, more }) =>
          tasks.length === 0 ? (
            <p class="page-note">{words.noTasks}</p>
          ) : (
            <>
              <Table title={words.tasks} columns={columns} rows={tasks} keyOf={({ id }) => String(id)} />
              {more && <p class="page-note">{words.moreTasks}</p>}
            </>
          )
        }
      </WhenReady>
      <ActionStatus action={action} />
      {dropping && (
        <ConfirmDialog
          title={words.dropAsk}
          hint={words.dropHint}
          label={words.drop}
          action={() => call.post(`/v1/desk/tasks/${dropping.id}/drop`)}
          onDone={() => void action.run(loaded.reload, words.dropped)}
          onClose={() => setDropping(null)}
        />
      )}
    </Section>
  );
}

interface ActionsProperties {
  readonly task: DeadTask;
  readonly onRetry: () => void;
  readonly onDrop: () => void;
}

function TaskActions({ task, onRetry, onDrop }: ActionsProperties) {
  const { workspace: words } = usePageWords();
  const name = <span class="hidden">{`${kindText(task, words)} ${task.to}`}</span>;
  return (
    <div class="page-list-acts">
      <Button kind="quiet" onClick={onRetry}>
        {words.retry} {name}
      </Button>
      <Button kind="quiet" onClick={onDrop}>
        {words.drop} {name}
      </Button>
    </div>
  );
}
