import { useState } from "preact/hooks";
import { Avatar, type AvatarSize } from "../ui/kit/avatar";
import { Button } from "../ui/kit/button";
import { Chip, Count, Pill } from "../ui/kit/chip";
import { EmptyState } from "../ui/kit/empty_state";
import { HUES } from "../ui/kit/hue";
import { alarmClock, check, circleAlert, hourglass, inbox, messageCircle } from "../ui/kit/icons";
import { SkeletonRows } from "../ui/kit/skeleton";
import { Tabs } from "../ui/kit/tabs";
import { Part, State } from "./state_parts";

const SIZES: readonly AvatarSize[] = [16, 20, 24, 28, 32, 40, 56];
const PRESENCES = ["online", "away", "offline"] as const;

export function DataStates() {
  return (
    <>
      <TabStates />
      <Part id="chips" title="Labels, status, counts">
        {HUES.map((hue) => (
          <Chip key={hue} hue={hue}>
            {hue}
          </Chip>
        ))}
        <Chip hue="blue" onRemove={() => {}} removeLabel="Remove Delivery">
          Delivery
        </Chip>
        <Chip icon={alarmClock}>Tomorrow, 09:00</Chip>
        <Chip hue="rose">A label with a name that is much too long for any place in which a label is shown</Chip>
        <Pill tone="notice" icon={hourglass}>
          Needs a reply
        </Pill>
        <Pill tone="info" icon={messageCircle}>
          Open
        </Pill>
        <Pill tone="plain" icon={alarmClock}>
          Snoozed
        </Pill>
        <Pill tone="good" icon={check}>
          Closed
        </Pill>
        <Pill tone="danger" icon={circleAlert}>
          4 min late
        </Pill>
        <Count of={7} label="unread" />
        <Count of={2} label="unread" soft />
      </Part>
      <Avatars />
      <Part id="skeletons" title="Loading">
        <State name="Rows" wide>
          <SkeletonRows label="Loading" rows={2} />
        </State>
      </Part>
      <Part id="empty" title="Empty">
        <State name="With the next step" wide>
          <EmptyState icon={inbox} title="No conversations yet" actions={<Button kind="primary">Show the code</Button>}>
            They appear here as soon as a visitor writes. Is the chat on your website?
          </EmptyState>
        </State>
        <State name="Without an icon" wide>
          <EmptyState title="Nothing matches" />
        </State>
      </Part>
    </>
  );
}

function TabStates() {
  const [chosen, setChosen] = useState("overview");
  const tabs = [
    { id: "overview", title: "Overview" },
    { id: "files", title: "Files" },
    { id: "history", title: "History" },
  ];
  return (
    <Part id="tabs" title="Tabs">
      <State name="Three tabs" wide>
        <Tabs label="Contact" tabs={tabs} chosen={chosen} onChoose={setChosen}>
          {tabs.find(({ id }) => id === chosen)?.title} of the contact
        </Tabs>
      </State>
    </Part>
  );
}

function Avatars() {
  return (
    <Part id="avatars" title="Pictures">
      {SIZES.map((size) => (
        <State key={size} name={`${size} px`}>
          <Avatar name="Greta Lind" id="greta" size={size} />
        </State>
      ))}
      {PRESENCES.map((presence) => (
        <State key={presence} name={presence}>
          <Avatar name="Sam Okafor" id="sam" presence={presence} />
        </State>
      ))}
      {Array.from({ length: 8 }, (_, number) => (
        <State key={number} name={`Visitor ${number}`}>
          <Avatar name="" id={`visitor-${number}`} />
        </State>
      ))}
      <State name="One word">
        <Avatar name="花子" id="hanako" />
      </State>
      <State name="Photo">
        <Avatar name="Photo" id="photo" photo={PHOTO} />
      </State>
    </Part>
  );
}

const PHOTO =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Cpath fill='%2374cf92' d='M0 0h8v8H0z'/%3E%3C/svg%3E";
