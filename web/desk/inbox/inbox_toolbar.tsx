import { IconButton } from "../../ui/kit/button";
import { info, menu, panelLeft } from "../../ui/kit/icons";
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
    <IconButton
      icon={menu}
      label={words.compactRows}
      title={words.compactRows}
      aria-pressed={compact}
      onClick={() => arrangement.setDensity(compact ? "comfortable" : "compact")}
    />
  );
}

/** Hides the list while a conversation is read, or shows it again. */
export function FocusButton({ arrangement }: Pick<Properties, "arrangement">) {
  const { words } = useTranslations();
  const focus = arrangement.focus.value;
  const label = focus ? words.showList : words.hideList;
  return (
    <IconButton
      class="focus-button"
      icon={panelLeft}
      flips
      label={label}
      title={label}
      onClick={() => arrangement.setFocus(!focus)}
    />
  );
}

export function DetailsButton({ arrangement }: Pick<Properties, "arrangement">) {
  const { words } = useTranslations();
  const shown = !arrangement.collapsed.value.has("details");
  return (
    <IconButton
      class="details-button"
      icon={info}
      label={words.details}
      title={words.details}
      aria-expanded={shown}
      aria-controls={shown ? "details" : undefined}
      onClick={() => arrangement.collapse("details", shown)}
    />
  );
}
