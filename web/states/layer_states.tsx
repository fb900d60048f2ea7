import { useState } from "preact/hooks";
import { Button, IconButton } from "../ui/kit/button";
import { Dialog, Drawer } from "../ui/kit/dialog";
import { Field } from "../ui/kit/field";
import { alarmClock, ban, copy, download, ellipsis, eraser, tag } from "../ui/kit/icons";
import { Menu, type MenuItem } from "../ui/kit/menu";
import { Popover } from "../ui/kit/popover";
import { Tooltip } from "../ui/kit/tooltip";
import { Part, State, toasts } from "./state_parts";

export function LayerStates() {
  return (
    <>
      <Menus />
      <Part id="popovers" title="Popover">
        <State name="Popover">
          <Popover id="labels" trigger={{ label: "Labels", icon: tag }} label="Labels">
            {(hide) => (
              <form
                class="states-one"
                onSubmit={(event) => {
                  event.preventDefault();
                  hide();
                }}
              >
                <Field label="Find a label" />
                <Button kind="primary" type="submit">
                  Add
                </Button>
              </form>
            )}
          </Popover>
        </State>
      </Part>
      <Dialogs />
      <ToastStates />
      <Part id="tooltips" title="Tooltip">
        <State name="With a key">
          <Tooltip text="Until a time, or the next reply" shortcut="Z">
            <IconButton icon={alarmClock} label="Snooze" />
          </Tooltip>
        </State>
      </Part>
    </>
  );
}

function Menus() {
  const [chosen, setChosen] = useState("");
  const [unread, setUnread] = useState(false);
  const item = (label: string, more: Partial<MenuItem> = {}): MenuItem => ({
    label,
    onSelect: () => setChosen(label),
    ...more,
  });
  return (
    <Part id="menus" title="Menu">
      <State name="With groups">
        <Menu
          id="actions"
          trigger={{ label: "More actions", icon: ellipsis, iconOnly: true }}
          groups={[
            [
              item("Copy the link", { icon: copy, shortcut: "C" }),
              item("Export", { icon: download }),
              item("Close for now", { disabled: true }),
            ],
            [item("Ban the visitor…", { icon: ban }), item("Erase…", { icon: eraser, danger: true })],
          ]}
        />
      </State>
      <State name="With a choice, at the end">
        <Menu
          id="show"
          trigger={{ label: "Show" }}
          align="end"
          heading="Conversations"
          groups={[[item("Unread only", { checked: unread, onSelect: () => setUnread(!unread) }), item("Everything")]]}
        />
      </State>
      <p class="states-name" id="chosen">
        {chosen}
      </p>
    </Part>
  );
}

function Dialogs() {
  const [shown, setShown] = useState<"dialog" | "drawer" | null>(null);
  const close = () => setShown(null);
  return (
    <Part id="dialogs" title="Dialog and drawer">
      <State name="Dialog">
        <Button onClick={() => setShown("dialog")}>Erase a visitor</Button>
      </State>
      <State name="Drawer">
        <Button onClick={() => setShown("drawer")}>Details</Button>
      </State>
      {shown === "dialog" && (
        <Dialog
          title="Erase this visitor?"
          closeLabel="Close"
          onClose={close}
          actions={
            <>
              <Button onClick={close}>Cancel</Button>
              <Button kind="danger" onClick={close}>
                Erase for good
              </Button>
            </>
          }
        >
          <p>This deletes 3 conversations with 41 messages and 2 files. It cannot be undone.</p>
          <Field label="Reason" />
        </Dialog>
      )}
      {shown === "drawer" && (
        <Drawer title="Details" closeLabel="Close" onClose={close}>
          <p>Started on /tea/lavender</p>
        </Drawer>
      )}
    </Part>
  );
}

function ToastStates() {
  const [undone, setUndone] = useState(0);
  const closed = () =>
    toasts.show({
      text: "Closed. Next: Tomasz Wielicki",
      action: { label: "Undo", run: () => setUndone((count) => count + 1) },
    });
  const failed = () => toasts.show({ text: "Not assigned: the list of Sam Okafor is full", failure: true });
  return (
    <Part id="toasts" title="Toasts">
      <State name="With Undo">
        <Button onClick={closed}>Close the conversation</Button>
      </State>
      <State name="Failure">
        <Button onClick={failed}>Assign to Sam Okafor</Button>
      </State>
      <p class="states-name" id="undone">
        {undone}
      </p>
    </Part>
  );
}
