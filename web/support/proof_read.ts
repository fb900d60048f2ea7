/** Reads proofs in tests. */

/** Return the bytes of base64url text. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** Return the base64url text of bytes. */
export function encodeBase64Url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Return one part of a JWT: 0 the header, 1 the claims. */
export function readProof(proof: string | undefined, part: 0 | 1): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(decodeBase64Url(proof?.split(".")[part] ?? "")));
}
