import type { ComponentChildren } from "preact";
import { classNames } from "./class_names";
import "./table.css";
import { Icon } from "./icon";
import { chevronDown, chevronsUpDown } from "./icons";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** The column that names the row. */
  readonly heads?: boolean;
  /** Numbers are aligned to the end. */
  readonly number?: boolean;
  /** Its title becomes a button that sorts the table by this name. */
  readonly sortBy?: string;
}

export interface Sorting {
  readonly by: string;
  readonly descending: boolean;
}

interface Properties<Row> {
  /** The name for screen readers. */
  readonly title: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly sorting?: Sorting;
  readonly onSort?: (sorting: Sorting) => void;
}

/** A table that becomes a list of cards in a narrow place. */
export function Table<Row>({ title, columns, rows, keyOf, sorting, onSort }: Properties<Row>) {
  return (
    <div class="table-place">
      <table class="card-table" aria-label={title}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.title} of={column} sorting={sorting} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) =>
                column.heads ? (
                  <th scope="row" key={column.title}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.title} data-title={column.title} class={classNames(column.number && "table-number")}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProperties<Row> {
  readonly of: Column<Row>;
  readonly sorting: Sorting | undefined;
  readonly onSort: ((sorting: Sorting) => void) | undefined;
}

function Head<Row>({ of, sorting, onSort }: HeadProperties<Row>) {
  const { sortBy } = of;
  const sorted = sortBy !== undefined && sorting?.by === sortBy;
  const order = sorting?.descending ? "descending" : "ascending";
  return (
    <th scope="col" aria-sort={sorted ? order : undefined} class={classNames(of.number && "table-number")}>
      {sortBy && onSort ? (
        <button
          type="button"
          class={classNames("table-sort", sorted && order === "ascending" && "table-ascending")}
          onClick={() => onSort({ by: sortBy, descending: sorted && !sorting.descending })}
        >
          {of.title}
          <Icon of={sorted ? chevronDown : chevronsUpDown} />
        </button>
      ) : (
        of.title
      )}
    </th>
  );
}
