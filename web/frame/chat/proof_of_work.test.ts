import { expect, test } from "vitest";
import { hashWith, solveProofOfWork } from "./proof_of_work";

const sha256 = async (text: string) =>
  new DataView(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).getUint32(0);

test("the hash is SHA-256 at every length around a block boundary", async () => {
  for (let length = 0; length < 140; length++) {
    const text = "abcdefghij".repeat(14).slice(0, length);
    expect(hashWith("")(text), `${length}`).toBe(await sha256(text));
    const half = length >> 1;
    const firstWord = hashWith(text.slice(0, half));
    expect(firstWord("another"), `${length}`).toBe(await sha256(`${text.slice(0, half)}another`));
    expect(firstWord(text.slice(half)), `${length}`).toBe(await sha256(text));
  }
});

test("a solution has the required zero bits", async () => {
  const answer = await solveProofOfWork("10.1900000000.nonce.mac");
  expect(answer).toMatch(/^10\.1900000000\.nonce\.mac:\d+$/);
  expect((await sha256(answer)) >>> 22).toBe(0);
});
