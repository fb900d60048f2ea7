import { Component, type ComponentChildren } from "preact";

interface Properties {
  readonly children: ComponentChildren;
}

/** Restores the focus when a list is sorted again: moving an element removes its focus. */
export class FocusGuard extends Component<Properties> {
  override getSnapshotBeforeUpdate(): Element | null {
    return document.activeElement;
  }

  override componentDidUpdate(_before: Properties, _state: object, focused: Element | null): void {
    if (focused instanceof HTMLElement && focused.isConnected && focused !== document.activeElement) {
      focused.focus({ preventScroll: true });
    }
  }

  override render() {
    return this.props.children;
  }
}
