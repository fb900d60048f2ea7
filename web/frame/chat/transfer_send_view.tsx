/** "Continue on another device": a code to type there, or a link by email. Loaded when it is opened. */
import type { DeviceTransferTexts } from "texts:device_transfer";
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { DeviceTransferCode } from "../../wire/identity_wire";
import type { LayerProps } from "./chat_layer";
import { StatusLine, useAttempts } from "./transfer_request";

export { loaders } from "./transfer_request";

type Properties = LayerProps & { words: DeviceTransferTexts };

export default function SendTransferView(props: Properties): JSX.Element {
  return (
    <div class="kept">
      <CodePart {...props} />
      <MailPart {...props} />
    </div>
  );
}

function CodePart({ language, words, api, chat }: Properties): JSX.Element {
  const [transferCode, setTransferCode] = useState<DeviceTransferCode | null>(null);
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const { failure, attempt } = useAttempts(language, words);
  const show = () =>
    attempt(async () => {
      setTransferCode(
        await api.post<DeviceTransferCode>("/v1/visitor/continue/code", { conversation: chat.conversation }),
      );
      setCopied(false);
    });
  const copy = (button: HTMLElement) => {
    field.current?.select();
    // The newer clipboard API is blocked in a frame unless the page around it allows it.
    setCopied(document.execCommand("copy"));
    button.focus();
  };
  return (
    <>
      <p>{words.codeLead}</p>
      {transferCode && (
        <>
          <label for="code">{words.code}</label>
          <input id="code" ref={field} dir="ltr" readOnly value={transferCode.code} />
        </>
      )}
      <StatusLine
        role="status"
        text={
          transferCode
            ? `${words.codeUntil({ time: timeText(transferCode.expires_at, language) })} ${copied ? words.copied : ""}`
            : ""
        }
      />
      <div class="kept-acts">
        {transferCode && (
          <button type="button" class="kept-button" onClick={(event) => copy(event.currentTarget)}>
            {words.copy}
          </button>
        )}
        <button type="button" class="kept-button" onClick={() => void show()}>
          {transferCode ? words.newCode : words.showCode}
        </button>
      </div>
      <StatusLine class="kept-note" role="alert" text={failure} />
    </>
  );
}

function MailPart({ language, words, api, chat }: Properties): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const [sent, setSent] = useState(false);
  const { failure, attempt } = useAttempts(language, words);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const email = field.current?.value.trim() ?? "";
    setSent(false);
    void attempt(async () => {
      await api.post("/v1/visitor/continue/mail", { email, language, conversation: chat.conversation });
      setSent(true);
    });
  };
  return (
    <form class="kept-server" noValidate onSubmit={submit}>
      <p>{words.mailLead}</p>
      <label for="email">{words.email}</label>
      <input
        id="email"
        ref={field}
        type="email"
        dir="ltr"
        autocomplete="email"
        aria-describedby="email-failure"
        aria-invalid={failure !== ""}
      />
      <StatusLine id="email-failure" class="kept-note" role="alert" text={failure} />
      <StatusLine class="kept-status" role="status" text={sent ? words.mailed : ""} />
      <button type="submit" class="kept-button">
        {words.mail}
      </button>
    </form>
  );
}

const timeText = (at: number, language: string): string =>
  new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(at);
