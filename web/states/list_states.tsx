import { useMemo, useState } from "preact/hooks";
import { Avatar } from "../ui/kit/avatar";
import { type Column, type Sorting, Table } from "../ui/kit/table";
import { VirtualList } from "../ui/kit/virtual_list";
import { Part, State } from "./state_parts";

interface Person {
  readonly name: string;
  readonly role: string;
  readonly open: number;
}

const PEOPLE: readonly Person[] = [
  { name: "Alex Morgan", role: "Owner", open: 6 },
  { name: "Mina Park", role: "Operator", open: 12 },
  { name: "Sam Okafor", role: "Admin", open: 3 },
];

const COLUMNS: readonly Column<Person>[] = [
  { title: "Name", cell: ({ name }) => name, heads: true, sortBy: "name" },
  { title: "Role", cell: ({ role }) => role },
  { title: "Open conversations", cell: ({ open }) => open, number: true, sortBy: "open" },
];

/** As many conversations as the largest workspace has. */
const ROWS = 100_000;
const ROW_HEIGHT = 44;

export function ListStates() {
  return (
    <>
      <SortedTable />
      <Part id="virtual" title="Long list">
        <State name={`${ROWS} rows`} wide>
          <div class="states-card states-scroll">
            <VirtualList
              label="Conversations"
              count={ROWS}
              rowHeight={ROW_HEIGHT}
              keyOf={String}
              row={(row, focus) => (
                <a class="states-row" href={`#row-${row}`} {...focus}>
                  <Avatar name="" id={`visitor-${row}`} size={28} />
                  Visitor {row}
                </a>
              )}
            />
          </div>
        </State>
      </Part>
    </>
  );
}

function SortedTable() {
  const [sorting, setSorting] = useState<Sorting>({ by: "name", descending: false });
  const rows = useMemo(() => {
    const sorted = PEOPLE.toSorted((a, b) => (sorting.by === "open" ? a.open - b.open : a.name.localeCompare(b.name)));
    return sorting.descending ? sorted.toReversed() : sorted;
  }, [sorting]);
  return (
    <Part id="table" title="Table">
      <State name="Sorted" wide>
        <Table
          title="Operators"
          columns={COLUMNS}
          rows={rows}
          keyOf={({ name }) => name}
          sorting={sorting}
          onSort={setSorting}
        />
      </State>
    </Part>
  );
}
