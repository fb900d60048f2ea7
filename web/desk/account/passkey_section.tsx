import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import type { PasskeyInfo, PasskeyOptions } from "../../wire/account_wire";
import { usePage, usePageWords } from "../core/page_context";
import { makePasskey, passkeysWork } from "../core/passkey";
import { DialogFrame } from "../ui/dialog";
import { ActionStatus, ConfirmDialog, Section, When } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import type { SecurityProperties } from "./security_properties";

type Shown = { readonly kind: "add" } | { readonly kind: "rename" | "remove"; readonly passkey: PasskeyInfo };

export function PasskeySection({ security, onChanged }: SecurityProperties) {
  const { security: words } = usePageWords();
  const { call } = usePage();
  const [shown, setShown] = useState<Shown | null>(null);
  const action = useAction();
  const done = (text: string) => void action.run(onChanged, text);
  const close = () => setShown(null);
  const add = async (name: string) => {
    const challenge = await call.post<PasskeyOptions>("/v1/desk/me/passkeys/options");
    const credential = await makePasskey(challenge.options);
    await call.post("/v1/desk/me/passkeys", {
      one_time_token: challenge.one_time_token,
      credential,
      name,
      end_others: false,
    });
  };
  return (
    <Section title={words.passkeys} lead={words.passkeysHint}>
      {security.passkeys.length > 0 && (
        <ul class="page-list">
          {security.passkeys.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} onShow={(kind) => setShown({ kind, passkey })} />
          ))}
        </ul>
      )}
      {passkeysWork() ? (
        <Button onClick={() => setShown({ kind: "add" })}>{words.addPasskey}</Button>
      ) : (
        <p class="page-note">{words.passkeysUnavailable}</p>
      )}
      <ActionStatus action={action} />
      {shown?.kind === "add" && (
        <NameDialog
          title={words.addPasskey}
          name=""
          action={add}
          onDone={() => done(words.passkeyAdded)}
          onClose={close}
        />
      )}
      {shown?.kind === "rename" && (
        <NameDialog
          title={words.rename}
          name={shown.passkey.name}
          action={(name) => call.post(`/v1/desk/me/passkeys/${shown.passkey.id}/rename`, { name })}
          onDone={() => done(words.renamed)}
          onClose={close}
        />
      )}
      {shown?.kind === "remove" && (
        <RemoveDialog passkey={shown.passkey} onDone={() => done(words.passkeyRemoved)} onClose={close} />
      )}
    </Section>
  );
}

interface RowProperties {
  readonly passkey: PasskeyInfo;
  readonly onShow: (kind: "rename" | "remove") => void;
}

function PasskeyRow({ passkey, onShow }: RowProperties) {
  const { security: words, remove, never } = usePageWords();
  return (
    <li>
      <div class="page-list-text">
        <strong>
          <bdi>{passkey.name}</bdi>
        </strong>
        <span>
          {words.added}: <When at={passkey.created_at} /> · {words.lastUsed}:{" "}
          {passkey.last_used_at === null ? never : <When at={passkey.last_used_at} />}
          {passkey.backed_up && ` · ${words.synced}`}
        </span>
      </div>
      <div class="page-list-acts">
        <Button kind="quiet" onClick={() => onShow("rename")}>
          {words.rename} <span class="hidden">{passkey.name}</span>
        </Button>
        <Button kind="quiet" onClick={() => onShow("remove")}>
          {remove} <span class="hidden">{passkey.name}</span>
        </Button>
      </div>
    </li>
  );
}

interface NameProperties {
  readonly title: string;
  readonly name: string;
  readonly action: (name: string) => Promise<unknown>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function NameDialog({ title, name, action, onDone, onClose }: NameProperties) {
  const { security: words, save, cancel, required } = usePageWords();
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState("");
  const doing = useAction();
  useEffect(() => field.current?.select(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const value = field.current?.value.trim() ?? "";
    setFault(value ? "" : required);
    if (!value) field.current?.focus();
    else if (await doing.run(() => action(value))) {
      onDone();
      onClose();
    }
  };
  return (
    <DialogFrame name="passkey" title={title} onClose={onClose}>
      <form class="page-form" onSubmit={submit} noValidate>
        <Field
          label={words.passkeyName}
          hint={words.passkeyNameHint}
          fault={fault}
          inputRef={field}
          type="text"
          defaultValue={name}
          maxLength={80}
          autocomplete="off"
          dir="auto"
        />
        <ActionStatus action={doing} />
        <div class="form-buttons">
          <Button kind="primary" type="submit" busy={doing.busy}>
            {name ? save : title}
          </Button>
          <Button onClick={onClose}>{cancel}</Button>
        </div>
      </form>
    </DialogFrame>
  );
}

interface RemoveProperties {
  readonly passkey: PasskeyInfo;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function RemoveDialog({ passkey, onDone, onClose }: RemoveProperties) {
  const { security: words, remove, faults } = usePageWords();
  const { call } = usePage();
  return (
    <ConfirmDialog
      errorTexts={{ invalid: faults.last_way }}
      title={words.removePasskey({ name: passkey.name })}
      hint={words.removePasskeyHint}
      label={remove}
      action={() => call.post(`/v1/desk/me/passkeys/${passkey.id}/remove`, { end_others: false })}
      onDone={onDone}
      onClose={onClose}
    />
  );
}
