import { Component, type ComponentChildren } from "preact";

interface Properties {
  readonly children: ComponentChildren;
}

/** Gives focus back to the element that had it when a list is put into another order: moving an element drops its focus. */
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
