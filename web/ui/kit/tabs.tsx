import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import "./data.css";

export interface Tab {
  readonly id: string;
  readonly title: string;
}

interface Properties {
  /** The name of the list for screen readers. */
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
  /** The content of the chosen tab. */
  readonly children: ComponentChildren;
}

/** Tabs, as the ARIA Authoring Practices describe them: the arrow keys choose, and Tab moves to the content. */
export function Tabs({ label, tabs, chosen, onChoose, children }: Properties) {
  const list = useRef<HTMLDivElement>(null);
  const at = tabs.findIndex(({ id }) => id === chosen);
  const choose = (index: number) => {
    const tab = tabs.at(index % tabs.length);
    if (!tab) return;
    onChoose(tab.id);
    list.current?.querySelector<HTMLElement>(`#${CSS.escape(`${tab.id}-tab`)}`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const forward = list.current && getComputedStyle(list.current).direction === "rtl" ? -1 : 1;
    const target = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: -1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    choose(target);
  };
  return (
    <div>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map(({ id, title }) => (
          <button
            type="button"
            role="tab"
            key={id}
            id={`${id}-tab`}
            aria-selected={id === chosen}
            aria-controls={id === chosen ? `${id}-panel` : undefined}
            tabIndex={id === chosen ? 0 : -1}
            onClick={() => onChoose(id)}
          >
            {title}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a panel without controls is reached by Tab all the same. */}
      <div class="tab-panel" role="tabpanel" id={`${chosen}-panel`} aria-labelledby={`${chosen}-tab`} tabIndex={0}>
        {children}
      </div>
    </div>
  );
}
