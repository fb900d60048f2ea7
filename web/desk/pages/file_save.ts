/** Gives the person a file: to keep where they want. */
export function download(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun with the click; until then the address must stand.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
