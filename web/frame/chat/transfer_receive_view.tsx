/** "Continue from another device": the field for a code. Loaded when it is opened. */
import type { DeviceTransferTexts } from "texts:device_transfer";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { LayerProps } from "./chat_layer";
import { acceptTransfer } from "./identity_sync";
import { StatusLine, useAttempts } from "./transfer_request";

export { loaders } from "./transfer_request";

export default function ReceiveTransferView(props: LayerProps & { words: DeviceTransferTexts }): JSX.Element {
  const { language, words } = props;
  const field = useRef<HTMLInputElement>(null);
  const { failure, attempt } = useAttempts(language, words);
  useEffect(() => field.current?.focus(), []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const code = field.current;
    void attempt(async () => {
      await acceptTransfer(code?.value.trim() ?? "", props);
      code?.closest("dialog")?.close();
    });
  };
  // A chat that begins in the meantime would conflict with the transferred one.
  const begins = !props.chat.running && props.chat.state !== "idle";
  if (begins) return <p>{words.beginning}</p>;
  return (
    <form class="kept" onSubmit={submit}>
      <p>{words.hereLead}</p>
      <label for="code">{words.code}</label>
      <input
        id="code"
        ref={field}
        dir="ltr"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        maxLength={20}
        aria-describedby="code-failure"
        aria-invalid={failure !== ""}
      />
      <StatusLine id="code-failure" class="kept-note" role="alert" text={failure} />
      <button type="submit" class="kept-button">
        {words.goOn}
      </button>
    </form>
  );
}
