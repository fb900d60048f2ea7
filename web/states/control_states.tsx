import { useState } from "preact/hooks";
import { Button, IconButton } from "../ui/kit/button";
import { Checkbox, Switch } from "../ui/kit/choice";
import { Field, Select, TextField } from "../ui/kit/field";
import { Icon } from "../ui/kit/icon";
import * as icons from "../ui/kit/icons";
import { Part, State } from "./state_parts";

export function ControlStates() {
  return (
    <>
      <Buttons />
      <Fields />
      <Choices />
      <Part id="icons" title="Icons">
        <div class="states-icons">
          {Object.entries(icons).map(([name, path]) => (
            <span key={name} title={name}>
              <Icon of={path} />
            </span>
          ))}
        </div>
      </Part>
    </>
  );
}

function Buttons() {
  return (
    <Part id="buttons" title="Buttons">
      <State name="Primary">
        <Button kind="primary">Send</Button>
      </State>
      <State name="Line">
        <Button icon={icons.check}>Close</Button>
      </State>
      <State name="Quiet">
        <Button kind="quiet">Show all</Button>
      </State>
      <State name="Ghost">
        <Button kind="ghost" icon={icons.upload}>
          Import
        </Button>
      </State>
      <State name="Danger">
        <Button kind="danger">Erase for good</Button>
      </State>
      <State name="Large">
        <Button large>Cancel</Button>
      </State>
      <State name="Busy">
        <Button kind="primary" busy icon={icons.send}>
          Sending
        </Button>
      </State>
      <State name="Disabled">
        <Button disabled>Close</Button>
      </State>
      <State name="Pressed">
        <Button kind="ghost" aria-pressed>
          Unread only
        </Button>
      </State>
      <State name="Icon">
        <IconButton icon={icons.alarmClock} label="Snooze" />
      </State>
      <State name="Icon, pressed">
        <IconButton icon={icons.panelRight} label="Visitor panel" aria-pressed />
      </State>
      <State name="Icon that points somewhere">
        <IconButton icon={icons.arrowLeft} label="Back" flips />
      </State>
    </Part>
  );
}

const TEAMS = [
  ["advice", "Tea advice"],
  ["delivery", "Delivery"],
] as const;

function Fields() {
  const [team, setTeam] = useState("delivery");
  return (
    <Part id="fields" title="Fields">
      <State name="Empty">
        <Field label="Name" placeholder="First and last name" />
      </State>
      <State name="With a hint">
        <Field label="Site key" value="tea-shop" hint="Letters, digits and hyphens" />
      </State>
      <State name="Invalid">
        <Field
          label="Email"
          type="email"
          value="greta@example"
          fault="Enter a complete address, such as name@example.com."
        />
      </State>
      <State name="Disabled">
        <Field label="Address" value="Set by your administrator" disabled />
      </State>
      <State name="Several lines">
        <TextField label="Note" rows={2} value="Wrapped in paper, without a band." />
      </State>
      <State name="Choice">
        <Select label="Team" options={TEAMS} value={team} onChange={(event) => setTeam(event.currentTarget.value)} />
      </State>
    </Part>
  );
}

function Choices() {
  const [copy, setCopy] = useState(true);
  const [sound, setSound] = useState(false);
  return (
    <Part id="choices" title="Checkboxes and switches">
      <State name="Checkbox">
        <Checkbox label="Send a copy" checked={copy} onChange={setCopy} />
      </State>
      <State name="With a hint">
        <Checkbox
          label="Send a copy to me"
          checked={!copy}
          onChange={(on) => setCopy(!on)}
          hint="To greta@example.com"
        />
      </State>
      <State name="Disabled">
        <Checkbox label="Urgent" checked disabled onChange={() => {}} />
      </State>
      <State name="Switch, off">
        <Switch label="Sound" checked={sound} onChange={setSound} />
      </State>
      <State name="Switch, on">
        <Switch label="Notifications" checked={!sound} onChange={(on) => setSound(!on)} hint="While the desk is open" />
      </State>
    </Part>
  );
}
