/**
 * Shows each part of web/ui/kit in each state, for development and tests. `npm run states` builds it into var/states, outside the
 * product. The address takes `?theme=dark`, `?theme=light` and `?dir=rtl`.
 */
import { type ComponentChildren, render } from "preact";
import "../ui/theme.css";
import { followInput } from "../ui/focus_ring";
import { ControlStates } from "./control_states";
import { DataStates } from "./data_states";
import { LayerStates } from "./layer_states";
import { ListStates } from "./list_states";
import { toasts } from "./state_parts";
import "./states.css";
import { Toasts } from "../ui/kit/toasts";

function States(): ComponentChildren {
  return (
    <>
      <main class="states">
        <h1>States of the parts</h1>
        <ControlStates />
        <LayerStates />
        <DataStates />
        <ListStates />
      </main>
      <Toasts of={toasts} label="Messages" dismissLabel="Dismiss" />
    </>
  );
}

const root = document.documentElement;
const wanted = new URLSearchParams(location.search);
const theme = wanted.get("theme");
if (theme) root.dataset.theme = theme;
root.dir = wanted.get("dir") ?? "ltr";
followInput(document);
const place = document.getElementById("app");
if (place) render(<States />, place);
