/** Computes where a menu, popover or tooltip opens beside its button. CSS anchors are not in all browsers of docs/accessibility.md. */

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels to the edges of the window, and between button and panel. */
const MARGIN = 8;
const GAP = 4;

/**
 * Return the upper left corner of a panel: below its button, or above it where the window ends. Its start edge is that of the
 * button (`end`: its end edge), moved so that the panel is inside the window.
 */
export function placePanel(button: Box, panel: Size, page: Size, rightToLeft: boolean, align: "start" | "end") {
  const below = button.bottom + GAP;
  const above = button.top - GAP - panel.height;
  const fitsBelow = below + panel.height <= page.height - MARGIN;
  const top = fitsBelow || above < MARGIN ? below : above;
  const alignsLeft = (align === "start") !== rightToLeft;
  const left = alignsLeft ? button.left : button.right - panel.width;
  return {
    left: Math.max(MARGIN, Math.min(left, page.width - MARGIN - panel.width)),
    top: Math.max(MARGIN, Math.min(top, page.height - MARGIN - panel.height)),
  };
}

/** Move an open panel beside its button. */
export function moveBeside(panel: HTMLElement, button: Element, align: "start" | "end"): void {
  const page = { width: document.documentElement.clientWidth, height: innerHeight };
  const rightToLeft = getComputedStyle(button).direction === "rtl";
  const { offsetWidth: width, offsetHeight: height } = panel;
  const { left, top } = placePanel(button.getBoundingClientRect(), { width, height }, page, rightToLeft, align);
  panel.style.left = `${left}px`;
  panel.style.top = `${top}px`;
}
