import { useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import type {
  IdentityKeyResponse,
  IdentityMode,
  KeyAlgorithm,
  NewIdentityKeyResponse,
  SiteIdentity,
} from "../../wire/identity_wire";
import { usePage, usePageWords } from "../core/page_context";
import { DialogFrame } from "../ui/dialog";
import { ActionStatus, ConfirmDialog, CopyButton, Section, When, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";

const MODES: readonly IdentityMode[] = ["off", "optional", "required"];
const ALGORITHMS: readonly KeyAlgorithm[] = ["EdDSA", "ES256", "HS256"];

interface Properties {
  /** The site's key. */
  readonly site: string;
}

/** The site's identity verification and its keys. */
export function IdentityKeys({ site }: Properties) {
  const { identity: words } = usePageWords();
  const { call } = usePage();
  const path = `/v1/desk/sites/${site}/identity`;
  const [shown, setShown] = useState<"add" | IdentityKeyResponse | null>(null);
  const [made, setMade] = useState<NewIdentityKeyResponse | null>(null);
  const action = useAction();
  const loaded = useResource(() => call.get<SiteIdentity>(path), [site]);
  // The choice is shown while it is saved, which may require a re-authentication first.
  const [chosen, setChosen] = useState<IdentityMode | null>(null);
  const setMode = async (mode: IdentityMode) => {
    setChosen(mode);
    const save = async () => {
      await call.post(path, { mode });
      await loaded.reload();
    };
    await action.run(save, words.modeSaved);
    setChosen(null);
  };
  const close = () => setShown(null);
  return (
    <Section title={words.title} lead={words.lead}>
      <WhenReady of={loaded}>
        {({ mode, keys }) => (
          <>
            <ModeChoice mode={chosen ?? mode} onMode={(newMode) => void setMode(newMode)} />
            <KeyList keys={keys} onRetire={setShown} />
          </>
        )}
      </WhenReady>
      <Button onClick={() => setShown("add")}>{words.addKey}</Button>
      <ActionStatus action={action} />
      {shown === "add" && (
        <KeyDialog
          path={path}
          onMade={(answer) => {
            close();
            if (answer.secret) setMade(answer);
            void action.run(loaded.reload, words.keyAdded);
          }}
          onClose={close}
        />
      )}
      {made && <SecretDialog made={made} onClose={() => setMade(null)} />}
      {shown !== null && shown !== "add" && (
        <ConfirmDialog
          title={words.retireAsk({ name: shown.name || shown.kid })}
          hint={words.retireHint}
          label={words.retire}
          action={() => call.post(`${path}/keys/${shown.kid}/retire`)}
          onDone={() => void action.run(loaded.reload, words.keyRetired)}
          onClose={close}
        />
      )}
    </Section>
  );
}

interface ModeProperties {
  readonly mode: IdentityMode;
  readonly onMode: (mode: IdentityMode) => void;
}

function ModeChoice({ mode, onMode }: ModeProperties) {
  const { identity: words } = usePageWords();
  return (
    <fieldset class="page-choices">
      <legend>{words.mode}</legend>
      {MODES.map((option) => (
        <label class="setting setting-tick" key={option}>
          <input type="radio" name="mode" value={option} checked={option === mode} onChange={() => onMode(option)} />
          <span>
            {words.modes[option]}
            <span class="field-hint choice-hint">{words.modeHints[option]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface ListProperties {
  readonly keys: readonly IdentityKeyResponse[];
  readonly onRetire: (key: IdentityKeyResponse) => void;
}

function KeyList({ keys, onRetire }: ListProperties) {
  const { identity: words, never, security } = usePageWords();
  if (keys.length === 0) return <p class="page-note">{words.noKeys}</p>;
  return (
    <ul class="page-list">
      {keys.map((key) => (
        <li key={key.kid}>
          <div class="page-list-text">
            <strong>
              <bdi>{key.name || key.kid}</bdi> {key.retired_at !== null && <span class="mark">{words.retired}</span>}
            </strong>
            <span>
              {key.algorithm} · <code dir="ltr">{key.kid}</code> · {security.lastUsed}:{" "}
              {key.last_used_at === null ? never : <When at={key.last_used_at} />}
            </span>
          </div>
          {key.retired_at === null && (
            <Button kind="quiet" onClick={() => onRetire(key)}>
              {words.retire} <span class="hidden">{key.name || key.kid}</span>
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

interface DialogProperties {
  readonly path: string;
  readonly onMade: (answer: NewIdentityKeyResponse) => void;
  readonly onClose: () => void;
}

function KeyDialog({ path, onMade, onClose }: DialogProperties) {
  const { identity: words, cancel, required } = usePageWords();
  const { call } = usePage();
  const name = useRef<HTMLInputElement>(null);
  const pem = useRef<HTMLTextAreaElement>(null);
  const [algorithm, setAlgorithm] = useState<KeyAlgorithm>("EdDSA");
  const action = useAction();
  const symmetric = algorithm === "HS256";
  const submit = async (event: Event) => {
    event.preventDefault();
    const public_key = symmetric ? "" : (pem.current?.value.trim() ?? "");
    if (!symmetric && !public_key) {
      action.say(required);
      return pem.current?.focus();
    }
    const request = { algorithm, name: name.current?.value.trim() ?? "", public_key };
    await action.run(async () => onMade(await call.post<NewIdentityKeyResponse>(`${path}/keys`, request)));
  };
  return (
    <DialogFrame name="key" title={words.addKey} onClose={onClose}>
      <form class="page-form" onSubmit={submit} noValidate>
        <Field label={words.keyName} inputRef={name} type="text" maxLength={60} autocomplete="off" dir="auto" />
        <label class="setting">
          <span>{words.algorithm}</span>
          <select
            value={algorithm}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setAlgorithm(ALGORITHMS.find((name) => name === value) ?? "EdDSA");
            }}
          >
            {ALGORITHMS.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {symmetric ? (
          <p class="page-note">{words.secretHint}</p>
        ) : (
          <label class="field">
            <span>{words.publicKey}</span>
            <textarea ref={pem} rows={5} dir="ltr" spellcheck={false} autocomplete="off" maxLength={2000} />
          </label>
        )}
        <ActionStatus action={action} />
        <div class="form-buttons">
          <Button kind="primary" type="submit" busy={action.busy}>
            {words.addKey}
          </Button>
          <Button onClick={onClose}>{cancel}</Button>
        </div>
      </form>
    </DialogFrame>
  );
}

interface SecretProperties {
  readonly made: NewIdentityKeyResponse;
  readonly onClose: () => void;
}

function SecretDialog({ made, onClose }: SecretProperties) {
  const { identity: words } = usePageWords();
  return (
    <DialogFrame name="secret" title={words.secretTitle} onClose={onClose}>
      <div class="page-form">
        <p>{words.secretLead}</p>
        <p class="secret">
          <code dir="ltr">{made.secret}</code>
          <CopyButton text={made.secret} />
        </p>
        <p class="page-note">
          kid: <code dir="ltr">{made.key.kid}</code>
        </p>
        <Button kind="primary" onClick={onClose}>
          {words.secretKept}
        </Button>
      </div>
    </DialogFrame>
  );
}
