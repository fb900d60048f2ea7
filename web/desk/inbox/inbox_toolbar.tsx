import { useTranslations } from "../core/desk_context";
import type { DeskFeed } from "../state/desk_feed";
import { FILTERS, type Filter, type Inbox, listRows, reachOf } from "../state/inbox_model";
import type { DeskArrangement } from "../state/layout_preferences";

interface Properties {
  readonly feed: DeskFeed;
  readonly arrangement: DeskArrangement;
}

/** The filters above the list, with the number of loaded conversations of each kind. */
export function FilterBar({ feed, arrangement }: Properties) {
  const { words } = useTranslations();
  const inbox = feed.inbox.inbox.value;
  const choose = (filter: Filter) => {
    arrangement.setFilter(filter);
    void feed.inbox.fill(filter);
  };
  return (
    <fieldset class="filters" aria-label={words.filter}>
      {FILTERS.map((filter) => (
        <button
          key={filter}
          type="button"
          class="filter"
          aria-pressed={arrangement.filter.value === filter}
          onClick={() => choose(filter)}
        >
          {words[filter]} <span class="filter-count">{countOf(inbox, filter)}</span>
        </button>
      ))}
    </fieldset>
  );
}

/** Return the number of loaded conversations; a plus means that there are more. */
function countOf(inbox: Inbox, filter: Filter): string {
  return `${listRows(inbox, filter).length}${reachOf(inbox, filter).more ? "+" : ""}`;
}

export function DensityButton({ arrangement }: Pick<Properties, "arrangement">) {
  const { words } = useTranslations();
  const compact = arrangement.density.value === "compact";
  return (
    <button
      type="button"
      class="icon-button tool-button"
      aria-pressed={compact}
      title={words.compactRows}
      onClick={() => arrangement.setDensity(compact ? "comfortable" : "compact")}
    >
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
        <path d="M2.5 3h11M2.5 6.3h11M2.5 9.7h11M2.5 13h11" />
      </svg>
      <span class="hidden">{words.compactRows}</span>
    </button>
  );
}

/** Hides the list while a conversation is read, or shows it again. */
export function FocusButton({ arrangement }: Pick<Properties, "arrangement">) {
  const { words } = useTranslations();
  const focus = arrangement.focus.value;
  const label = focus ? words.showList : words.hideList;
  return (
    <button
      type="button"
      class="icon-button tool-button focus-button"
      title={label}
      onClick={() => arrangement.setFocus(!focus)}
    >
      <svg class="icon icon-turns" viewBox="0 0 16 16" aria-hidden="true">
        <path d={focus ? "M2.5 3h11v10h-11zM6.5 3v10M9 6l2 2-2 2" : "M2.5 3h11v10h-11zM6.5 3v10M11 6L9 8l2 2"} />
      </svg>
      <span class="hidden">{label}</span>
    </button>
  );
}

export function DetailsButton({ arrangement }: Pick<Properties, "arrangement">) {
  const { words } = useTranslations();
  const shown = !arrangement.collapsed.value.has("details");
  return (
    <button
      type="button"
      class="icon-button tool-button details-button"
      aria-expanded={shown}
      aria-controls={shown ? "details" : undefined}
      title={words.details}
      onClick={() => arrangement.collapse("details", shown)}
    >
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="5.5" />
        <path d="M8 7.5V11M8 5.2v.1" />
      </svg>
      <span class="hidden">{words.details}</span>
    </button>
  );
}
