import type { ComponentChildren } from "preact";
import { classNames } from "./class_names";
import "./data.css";
import { HUES, numberOf } from "./hue";

/** Pixels. */
export type AvatarSize = 16 | 20 | 24 | 28 | 32 | 40 | 56;

interface Properties {
  readonly name: string;
  /** Colour and shape depend on the ID, so that visitors without a name can be distinguished. */
  readonly id: string;
  readonly size?: AvatarSize;
  /** The address of a photo on this server. */
  readonly photo?: string;
  /** The word for it is beside the picture. */
  readonly presence?: "online" | "away" | "offline";
}

/** A round picture: a photo, initials, or a shape for an unknown visitor. It is decoration: the name is beside it. */
export function Avatar({ name, id, size, photo, presence }: Properties) {
  const initials = initialsOf(name);
  const hue = HUES[numberOf(id, HUES.length)];
  return (
    <span class={classNames("avatar", `hue-${hue}`, size && `avatar-${size}`)} aria-hidden="true">
      {photo ? <img src={photo} alt="" /> : initials || <Shape of={id} />}
      {presence && <i class={`presence presence-${presence}`} />}
    </span>
  );
}

/** Return the first letters of the first and the last word. One that is written without spaces has one. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("");
}

const SHAPES: readonly ComponentChildren[] = [
  <g fill="currentColor">
    <circle cx="16" cy="9.5" r="4.5" />
    <circle cx="22.2" cy="14" r="4.5" />
    <circle cx="19.8" cy="21.2" r="4.5" />
    <circle cx="12.2" cy="21.2" r="4.5" />
    <circle cx="9.8" cy="14" r="4.5" />
  </g>,
  <path d="M16 6.5a9.5 9.5 0 0 1 0 19zM14 9a7 7 0 0 0 0 14z" fill="currentColor" />,
  <path
    d="M8 11c2.5-2 5-2 8 0s5.5 2 8 0M8 17c2.5-2 5-2 8 0s5.5 2 8 0M8 23c2.5-2 5-2 8 0s5.5 2 8 0"
    fill="none"
    stroke="currentColor"
    stroke-width="3"
    stroke-linecap="round"
  />,
  <path d="M8 24C8 13 14 8 25 7c0 11-5 17-17 17z" fill="currentColor" />,
  <circle cx="16" cy="16" r="7" fill="none" stroke="currentColor" stroke-width="4.5" />,
];

function Shape({ of }: { readonly of: string }) {
  // Another number than that of the colour, so that all 40 combinations occur.
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      {SHAPES[numberOf(`${of} shape`, SHAPES.length)]}
    </svg>
  );
}
