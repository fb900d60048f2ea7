/**
 * Marks the page for the style sheets (theme.css): is the last input from a pointer or the keyboard? Browsers decide this for
 * elements that a user focuses. WebKit also shows the ring on a button that a script or an opened dialog focuses after a click.
 */

/** Mark `page` while its last input came from a pointer. */
export function followInput(page: Document): void {
  const marking = (pointer: boolean) => () => page.documentElement.toggleAttribute("data-pointer", pointer);
  page.addEventListener("pointerdown", marking(true), true);
  page.addEventListener("keydown", marking(false), true);
}
