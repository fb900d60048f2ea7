interface Properties {
  /** A path of icons.ts. */
  readonly of: string;
  /** Mirrors an icon that points somewhere, in languages written from right to left. */
  readonly flips?: boolean;
}

/** An icon in the colour of the text. It is decoration: a text or a label names the thing. */
export function Icon({ of, flips = false }: Properties) {
  return (
    <svg class={flips ? "icon icon-flips" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
      <path d={of} />
    </svg>
  );
}
