import { MINUTE_MS } from "../../core/time_units";

/** Download a file. */
export function download(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download begins with the click. The address must exist until then.
  setTimeout(() => URL.revokeObjectURL(address), MINUTE_MS);
}
