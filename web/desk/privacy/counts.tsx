import { useTranslations } from "../core/desk_context";

interface Properties {
  /** Titles with their numbers. */
  readonly of: readonly (readonly [title: string, count: number])[];
}

/** Counts side by side. */
export function Counts({ of }: Properties) {
  const { language } = useTranslations();
  const format = new Intl.NumberFormat(language);
  return (
    <dl class="counts">
      {of.map(([title, count]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{format.format(count)}</dd>
        </div>
      ))}
    </dl>
  );
}
