/**
 * Tells the style sheets whether the person uses a pointer or the keyboard (theme.css). Browsers decide that for what a person
 * focuses; WebKit shows the ring also on a button that a script or an opened dialog focuses after a click.
 */

/** Keep `page` marked while the last input came from a pointer. */
export function followInput(page: Document): void {
  const marking = (pointer: boolean) => () => page.documentElement.toggleAttribute("data-pointer", pointer);
  page.addEventListener("pointerdown", marking(true), true);
  page.addEventListener("keydown", marking(false), true);
}
