import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import type { RecoveryCodes, TotpSetUp } from "../../wire/account_wire";
import { useTranslations } from "../core/desk_context";
import { usePage, usePageWords } from "../core/page_context";
import { DialogFrame } from "../ui/dialog";
import { ActionStatus, ConfirmDialog, CopyButton, Section } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import { CodesDialog } from "./recovery_codes";
import type { SecurityProperties } from "./security_properties";

/** The authenticator app and its recovery codes. */
export function TotpSection({ security, onChanged }: SecurityProperties) {
  const { security: words } = usePageWords();
  const { call } = usePage();
  const [setUp, setSetUp] = useState<TotpSetUp | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [asks, setAsks] = useState<"remove" | "codes" | null>(null);
  const action = useAction();
  const begin = () => action.run(async () => setSetUp(await call.post<TotpSetUp>("/v1/desk/me/totp/begin")));
  const renew = async () => setCodes((await call.post<RecoveryCodes>("/v1/desk/me/recovery-codes")).codes);
  return (
    <Section title={words.totp} lead={security.totp ? words.totpOn : words.totpOff}>
      {security.totp ? (
        <>
          <p class="page-note">
            <strong>{words.codes}:</strong> {words.codesLeft({ left: security.recovery_codes_left })} {words.codesHint}
          </p>
          <div class="form-buttons">
            <Button onClick={() => setAsks("codes")}>{words.newCodes}</Button>
            <Button onClick={() => setAsks("remove")}>{words.removeTotp}</Button>
          </div>
        </>
      ) : (
        <Button busy={action.busy} onClick={() => void begin()}>
          {words.setUpTotp}
        </Button>
      )}
      <ActionStatus action={action} />
      {setUp && (
        <TotpDialog
          setUp={setUp}
          onConfirmed={(made) => {
            setSetUp(null);
            setCodes(made);
          }}
          onClose={() => setSetUp(null)}
        />
      )}
      {codes && (
        <CodesDialog
          codes={codes}
          onClose={() => {
            setCodes(null);
            void onChanged();
          }}
        />
      )}
      {asks === "codes" && (
        <ConfirmDialog
          title={words.newCodesAsk}
          hint={words.newCodesHint}
          label={words.newCodes}
          action={renew}
          onClose={() => setAsks(null)}
        />
      )}
      {asks === "remove" && (
        <ConfirmDialog
          title={words.removeTotpAsk}
          hint={words.removeTotpHint}
          label={words.removeTotp}
          action={() => call.post("/v1/desk/me/totp/remove", { end_others: false })}
          onDone={() => void action.run(onChanged, words.totpRemoved)}
          onClose={() => setAsks(null)}
        />
      )}
    </Section>
  );
}

interface DialogProperties {
  readonly setUp: TotpSetUp;
  readonly onConfirmed: (codes: readonly string[]) => void;
  readonly onClose: () => void;
}

function TotpDialog({ setUp, onConfirmed, onClose }: DialogProperties) {
  const { words: deskTexts } = useTranslations();
  const { security: words, required, cancel } = usePageWords();
  const { call } = usePage();
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState("");
  const action = useAction();
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const code = field.current?.value.trim() ?? "";
    setFault(code ? "" : required);
    if (!code) return field.current?.focus();
    await action.run(async () => {
      const body = { one_time_token: setUp.one_time_token, code, end_others: false };
      onConfirmed((await call.post<RecoveryCodes>("/v1/desk/me/totp/confirm", body)).codes);
    });
    field.current?.select();
  };
  return (
    <DialogFrame name="totp" title={words.setUpTotp} onClose={onClose}>
      <form class="page-form" onSubmit={submit} noValidate>
        <p>{words.scan}</p>
        <QrCode matrix={setUp.matrix} label={words.qr} />
        <p class="page-note">{words.byHand}</p>
        <p class="secret">
          <code dir="ltr">{setUp.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
          <CopyButton text={setUp.secret} />
        </p>
        <Field
          label={words.confirmCode}
          inputRef={field}
          fault={fault}
          type="text"
          inputMode="numeric"
          autocomplete="one-time-code"
          maxLength={10}
          dir="ltr"
          placeholder={deskTexts.code}
        />
        <ActionStatus action={action} />
        <div class="form-buttons">
          <Button kind="primary" type="submit" busy={action.busy}>
            {words.turnOn}
          </Button>
          <Button onClick={onClose}>{cancel}</Button>
        </div>
      </form>
    </DialogFrame>
  );
}

/** Width of the white border that QR readers need, in modules (ISO/IEC 18004). */
const QUIET_ZONE = 4;

/** Dark on white in both themes, because readers expect it. */
function QrCode({ matrix, label }: { readonly matrix: readonly string[]; readonly label: string }) {
  const size = matrix.length + 2 * QUIET_ZONE;
  const dark = matrix.flatMap((row, y) =>
    [...row].flatMap((module, x) => (module === "1" ? [`M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z`] : [])),
  );
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} class="qr-light" />
      <path d={dark.join("")} class="qr-dark" />
    </svg>
  );
}
