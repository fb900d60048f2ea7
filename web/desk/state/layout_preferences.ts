/**
 * The operator's arrangement of the desk. Each part has a default and is stored only while it differs from it. Other tabs follow
 * a change, and clearing the browser's data restores the defaults.
 */
import { type Signal, signal } from "@preact/signals";
import * as v from "valibot";
import * as storage from "../../storage/storage";
import { FILTERS, type Filter } from "./inbox_model";

export type Density = "comfortable" | "compact";
/** Panels that can be collapsed. */
export type Panel = "details";

/** Minimum and maximum width of the list, in CSS pixels. */
export const LIST_WIDTH = { least: 240, most: 560 };

const layout = v.object({ focus: v.boolean() });
const panels = v.array(v.string());
const widths = v.object({ list: v.pipe(v.number(), v.finite()) });
const list = v.object({ filter: v.picklist(FILTERS), density: v.picklist(["comfortable", "compact"]) });

const isLayout = (value: unknown): value is Record<string, boolean> => v.is(layout, value);
const isPanels = (value: unknown): value is string[] => v.is(panels, value);
const isWidths = (value: unknown): value is Record<string, number> => v.is(widths, value);
const isList = (value: unknown): value is Record<string, string> => v.is(list, value);

export const clampWidth = (width: number): number =>
  Math.round(Math.min(Math.max(width, LIST_WIDTH.least), LIST_WIDTH.most));

export class DeskArrangement {
  /** Whether the list is hidden while a conversation is read. */
  readonly focus: Signal<boolean> = signal(false);
  readonly collapsed: Signal<ReadonlySet<string>> = signal(new Set());
  /** The list's width in CSS pixels; null: automatic. */
  readonly listWidth: Signal<number | null> = signal(null);
  readonly filter: Signal<Filter> = signal("all");
  readonly density: Signal<Density> = signal("comfortable");

  /** Load the stored arrangement and follow its changes. Returns a function that ends this. */
  follow(): () => void {
    this.#recall();
    const names = ["deskLayout", "deskPanels", "deskWidths", "deskList"] as const;
    const ends = names.map((name) => storage.watch(name, {}, () => this.#recall()));
    return () => {
      for (const end of ends) end();
    };
  }

  setFocus(focus: boolean): void {
    this.focus.value = focus;
    if (focus) storage.set("deskLayout", {}, { focus });
    else storage.remove("deskLayout", {});
  }

  collapse(panel: Panel, collapsed: boolean): void {
    const names = new Set(this.collapsed.peek());
    if (collapsed) names.add(panel);
    else names.delete(panel);
    this.collapsed.value = names;
    if (names.size > 0) storage.set("deskPanels", {}, [...names]);
    else storage.remove("deskPanels", {});
  }

  /** Store the list's width; null is the default. */
  setListWidth(width: number | null): void {
    this.listWidth.value = width === null ? null : clampWidth(width);
    if (this.listWidth.value === null) storage.remove("deskWidths", {});
    else storage.set("deskWidths", {}, { list: this.listWidth.value });
  }

  setFilter(filter: Filter): void {
    this.filter.value = filter;
    this.#keepList();
  }

  setDensity(density: Density): void {
    this.density.value = density;
    this.#keepList();
  }

  /** Whether any part differs from its default. */
  get changed(): boolean {
    const { focus, collapsed, listWidth, filter, density } = this;
    return (
      focus.value ||
      collapsed.value.size > 0 ||
      listWidth.value !== null ||
      filter.value !== "all" ||
      density.value !== "comfortable"
    );
  }

  /** Restore the defaults and delete the stored items. */
  reset(): void {
    for (const name of ["deskLayout", "deskPanels", "deskWidths", "deskList"] as const) storage.remove(name, {});
    this.#recall();
  }

  #keepList(): void {
    const [filter, density] = [this.filter.peek(), this.density.peek()];
    if (filter === "all" && density === "comfortable") storage.remove("deskList", {});
    else storage.set("deskList", {}, { filter, density });
  }

  #recall(): void {
    const width = storage.get("deskWidths", {}, isWidths)?.list;
    const list = storage.get("deskList", {}, isList);
    this.focus.value = storage.get("deskLayout", {}, isLayout)?.focus === true;
    this.collapsed.value = new Set(storage.get("deskPanels", {}, isPanels));
    this.listWidth.value = width === undefined ? null : clampWidth(width);
    this.filter.value = (list?.filter ?? "all") as Filter;
    this.density.value = (list?.density ?? "comfortable") as Density;
  }
}
