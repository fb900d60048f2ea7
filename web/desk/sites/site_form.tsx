import { useId, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Checkbox } from "../../ui/kit/choice";
import { Field } from "../../ui/kit/field";
import type { SiteRequest, SiteResponse, SiteSide } from "../../wire/site_wire";
import { usePageWords } from "../core/page_context";
import { isOrigin, parseOrigins } from "./parse_origins";

/** The chat's default colour, where the colour picker starts. */
const DEFAULT_ACCENT = "#0e6a5a";

interface Properties {
  /** Absent: a new site. */
  readonly site?: SiteResponse;
  readonly busy: boolean;
  readonly onGiven: (request: SiteRequest) => void;
}

/** Name, addresses and appearance of a site. */
export function SiteForm({ site, busy, onGiven }: Properties) {
  const { sites: words, save, required } = usePageWords();
  const name = useRef<HTMLInputElement>(null);
  const origins = useRef<HTMLTextAreaElement>(null);
  const [accent, setAccent] = useState(site?.accent ?? null);
  const [side, setSide] = useState<SiteSide>(site?.side ?? "right");
  const [faults, setFaults] = useState({ name: "", origins: "" });
  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const values = { name: name.current?.value.trim() ?? "", origins: parseOrigins(origins.current?.value ?? "") };
    const wrong = values.origins.find((origin) => !isOrigin(origin));
    const found = { name: values.name ? "" : required, origins: wrong ? words.badOrigin({ line: wrong }) : "" };
    if (values.origins.length === 0) found.origins = required;
    setFaults(found);
    if (found.name) name.current?.focus();
    else if (found.origins) origins.current?.focus();
    else onGiven({ ...values, accent, side });
  };
  return (
    <form class="page-form" onSubmit={submit} noValidate>
      <Field
        label={words.name}
        hint={words.nameHint}
        fault={faults.name}
        inputRef={name}
        type="text"
        defaultValue={site?.name ?? ""}
        autocomplete="off"
        maxLength={80}
        dir="auto"
      />
      <OriginsField origins={site?.origins ?? []} fault={faults.origins} field={origins} />
      <fieldset class="page-choices">
        <legend>{words.accent}</legend>
        <Checkbox
          label={words.accentOwn}
          checked={accent !== null}
          onChange={(on) => setAccent(on ? DEFAULT_ACCENT : null)}
        />
        {accent !== null && (
          <label class="setting">
            <span>{words.accent}</span>
            <input type="color" value={accent} onChange={(event) => setAccent(event.currentTarget.value)} />
          </label>
        )}
      </fieldset>
      <label class="setting">
        <span>{words.side}</span>
        <select value={side} onChange={(event) => setSide(event.currentTarget.value === "left" ? "left" : "right")}>
          <option value="left">{words.left}</option>
          <option value="right">{words.right}</option>
        </select>
      </label>
      <Button kind="primary" type="submit" busy={busy}>
        {site ? save : words.add}
      </Button>
    </form>
  );
}

interface OriginsProperties {
  readonly origins: readonly string[];
  readonly fault: string;
  readonly field: { current: HTMLTextAreaElement | null };
}

function OriginsField({ origins, fault, field }: OriginsProperties) {
  const { sites: words } = usePageWords();
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{words.origins}</label>
      <textarea
        id={id}
        ref={field}
        rows={3}
        dir="ltr"
        spellcheck={false}
        autocomplete="off"
        defaultValue={origins.join("\n")}
        aria-invalid={fault !== ""}
        aria-describedby={`${id}-hint${fault ? ` ${id}-fault` : ""}`}
      />
      <p id={`${id}-hint`} class="field-hint">
        {words.originsHint}
      </p>
      {fault && (
        <p id={`${id}-fault`} class="field-fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
