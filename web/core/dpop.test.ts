import { afterEach, expect, test, vi } from "vitest";
import { decodeBase64Url, encodeBase64Url, readProof } from "../support/proof_read";
import { isProofKey, makeKey, type ProofKey, proofFor } from "./dpop";

afterEach(() => {
  vi.unstubAllGlobals();
});

async function key(): Promise<ProofKey> {
  const made = await makeKey();
  if (!made) throw new Error("this Node has no WebCrypto");
  return made;
}

test("the private key cannot be exported", async () => {
  const made = await key();
  expect(made.privateKey.extractable).toBe(false);
  await expect(crypto.subtle.exportKey("jwk", made.privateKey)).rejects.toThrow();
  expect(isProofKey(made)).toBe(true);
  expect(isProofKey({ privateKey: {}, publicKey: {} })).toBe(false);
});

test("a proof contains method, address without query, nonce and token, and is valid", async () => {
  const made = await key();
  const proof = await proofFor(made, "GET", "https://chat.example/v1/desk/me?limit=5#top", "n1", "token");
  expect(readProof(proof, 0)).toEqual({
    alg: "ES256",
    typ: "dpop+jwt",
    jwk: expect.objectContaining({ kty: "EC", crv: "P-256" }),
  });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("token"));
  expect(readProof(proof, 1)).toMatchObject({
    htm: "GET",
    htu: "https://chat.example/v1/desk/me",
    nonce: "n1",
    ath: encodeBase64Url(digest),
  });
  const [header, claims, signature] = proof.split(".");
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const bytes = decodeBase64Url(signature ?? "");
  expect(await crypto.subtle.verify(algorithm, made.publicKey, bytes, signed)).toBe(true);
});

test("two proofs of the same request differ in jti, and without a token there is no ath", async () => {
  const made = await key();
  const [one, two] = await Promise.all([1, 2].map(() => proofFor(made, "POST", "https://chat.example/v1/x", "n")));
  expect(readProof(one, 1).jti).not.toBe(readProof(two, 1).jti);
  expect(readProof(one, 1)).not.toHaveProperty("ath");
});

test("without WebCrypto there is no key", async () => {
  vi.stubGlobal("crypto", { getRandomValues: () => undefined });
  expect(await makeKey()).toBeNull();
});
