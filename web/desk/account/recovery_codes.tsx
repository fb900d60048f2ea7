import { Button } from "../../ui/kit/button";
import { usePageWords } from "../core/page_context";
import { DialogFrame } from "../ui/dialog";
import { download } from "../ui/download";
import { CopyButton } from "../ui/page_parts";

interface Properties {
  readonly codes: readonly string[];
  readonly onClose: () => void;
}

/** Recovery codes, shown once: to copy, download or print. */
export function CodesDialog({ codes, onClose }: Properties) {
  const { security: words } = usePageWords();
  const text = `Crumbless · ${location.host}\n${words.codesTitle}\n\n${codes.join("\n")}\n`;
  return (
    <DialogFrame name="codes" title={words.codesTitle} onClose={onClose}>
      <p>{words.codesLead}</p>
      <ol class="codes" dir="ltr">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div class="form-buttons codes-acts">
        <CopyButton text={codes.join("\n")} />
        <Button onClick={() => download(new Blob([text], { type: "text/plain" }), "crumbless-recovery-codes.txt")}>
          {words.download}
        </Button>
        <Button onClick={() => print()}>{words.print}</Button>
        <Button kind="primary" onClick={onClose}>
          {words.codesKept}
        </Button>
      </div>
    </DialogFrame>
  );
}
