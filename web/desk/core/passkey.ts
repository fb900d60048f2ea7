/** Passkeys by WebAuthn Level 3. The JSON forms are the browser's where it has them, and ours where it does not. */

/** There is no passkey: the user closed the browser's dialog, has none, or took too long. */
export class NoPasskey extends Error {
  override readonly name = "NoPasskey";
}

/**
 * Return whether passkeys work here. Browsers bind them to a host name (WebAuthn, section 5.1.2), which a page at an IP address,
 * such as the demo's, does not have.
 */
export const passkeysWork = (host: string = location.hostname): boolean =>
  typeof PublicKeyCredential === "function" && !/^\[|^[\d.]+$/.test(host);

/** Return whether passkeys can be among the suggestions of a field. */
export async function suggestsPasskeys(): Promise<boolean> {
  return passkeysWork() && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false);
}

export interface AskOptions {
  /** Offers passkeys among a field's suggestions, in place of a dialog. */
  readonly suggest?: boolean;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
}

/** Ask for a passkey by the server's options. Throws NoPasskey, also after the signal. */
export async function askPasskey(
  options: Record<string, unknown>,
  { suggest, signal }: AskOptions = {},
): Promise<object> {
  const publicKey = readRequest(options);
  const request: CredentialRequestOptions = { publicKey, mediation: suggest ? "conditional" : "optional" };
  if (signal) request.signal = signal;
  return toJson(await navigator.credentials.get(request).catch(refuse));
}

/** Create a passkey by the server's options. Throws NoPasskey. */
export async function makePasskey(options: Record<string, unknown>): Promise<object> {
  return toJson(await navigator.credentials.create({ publicKey: readCreation(options) }).catch(refuse));
}

function refuse(cause: unknown): never {
  throw new NoPasskey("no passkey", { cause });
}

function readRequest(options: Record<string, unknown>): PublicKeyCredentialRequestOptions {
  const json = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return { ...json, challenge: toBytes(json.challenge), allowCredentials: described(json.allowCredentials) } as never;
}

function readCreation(options: Record<string, unknown>): PublicKeyCredentialCreationOptions {
  const json = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  const user = { ...json.user, id: toBytes(json.user.id) };
  const excludeCredentials = described(json.excludeCredentials);
  return { ...json, challenge: toBytes(json.challenge), user, excludeCredentials } as never;
}

const described = (list: readonly PublicKeyCredentialDescriptorJSON[] = []) =>
  list.map((descriptor) => ({ ...descriptor, id: toBytes(descriptor.id) }));

function toJson(credential: Credential | null): object {
  if (!(credential instanceof PublicKeyCredential)) throw new NoPasskey("no passkey");
  // Some password managers insert their own credential, whose toJSON throws.
  try {
    return credential.toJSON();
  } catch {
    return writeByHand(credential);
  }
}

/** Return the JSON form of WebAuthn Level 3, section 5.1, with the fields that the server reads. */
function writeByHand(credential: PublicKeyCredential): object {
  const source = credential.response as AuthenticatorAssertionResponse & AuthenticatorAttestationResponse;
  const fields = ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"] as const;
  const response = Object.fromEntries(fields.flatMap((name) => (source[name] ? [[name, toText(source[name])]] : [])));
  const transports = source.getTransports?.();
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: transports ? { ...response, transports } : response,
  };
}

/** Return base64url without padding (RFC 4648, section 5). */
export function toText(bytes: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function toBytes(text: string): ArrayBuffer {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0)).buffer;
}
