import "./data.css";

interface Properties {
  /** Read by screen readers instead of the shapes. */
  readonly label: string;
  readonly rows?: number;
}

/** Grey shapes in place of rows that are loading. They appear after 150 ms: most content is there before. */
export function SkeletonRows({ label, rows = 4 }: Properties) {
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div class="skeleton-row" aria-hidden="true" key={row}>
          <span class="bone skeleton-face" />
          <span class="bone skeleton-name" />
          <span class="bone skeleton-words" />
        </div>
      ))}
    </div>
  );
}
