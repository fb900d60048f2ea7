/** The key of a session, and proofs signed with it (RFC 9449, DPoP). */
import { generateKeyPair, generateProof, type KeyPair } from "dpop";

/** A key pair whose private part cannot leave the browser. */
export type ProofKey = KeyPair;

/** Create an ES256 key that cannot be exported. Returns null where the browser offers no WebCrypto (a page over plain http). */
export async function makeKey(): Promise<ProofKey | null> {
  if (!globalThis.crypto?.subtle) return null;
  return generateKeyPair("ES256", { extractable: false });
}

/** Return whether a value from storage is a key that can sign. */
export function isProofKey(value: unknown): value is ProofKey {
  return (
    typeof value === "object" &&
    value !== null &&
    "privateKey" in value &&
    "publicKey" in value &&
    value.privateKey instanceof CryptoKey &&
    value.publicKey instanceof CryptoKey
  );
}

/**
 * Sign a proof for one request.
 *
 * @param method the HTTP method; `GET` for a stream's `auth` frame
 * @param address the request's address; query and fragment are removed (RFC 9449, section 4.2)
 * @param nonce the server's newest nonce
 * @param token the session token that the request contains, if any
 */
export function proofFor(
  key: ProofKey,
  method: string,
  address: string,
  nonce: string,
  token?: string,
): Promise<string> {
  const bare = new URL(address);
  bare.search = "";
  bare.hash = "";
  return generateProof(key, bare.href, method, nonce, token);
}
