/**
 * Solves the proof-of-work challenge that is required in floods (docs/visitors.md). Loaded on demand; works in slices, so that
 * the page stays responsive.
 */
import { sha256 } from "@noble/hashes/sha2.js";

const SLICE_MS = 12;
/** Longest text that is hashed, in bytes. Challenges have about 60, numbers up to 16. */
const MAX_TEXT = 256;

const encoder = new TextEncoder();

/** Return the solution "CHALLENGE:N" whose SHA-256 begins with the required number of zero bits. */
export async function solveProofOfWork(challenge: string): Promise<string> {
  const bits = Number.parseInt(challenge, 10);
  const firstWord = hashWith(`${challenge}:`);
  let until = performance.now() + SLICE_MS;
  for (let number = 0; ; number++) {
    if (firstWord(`${number}`) >>> (32 - bits) === 0) return `${challenge}:${number}`;
    if ((number & 255) === 0 && performance.now() > until) {
      await new Promise((resolve) => setTimeout(resolve));
      until = performance.now() + SLICE_MS;
    }
  }
}

/**
 * Return a function that returns the first 32 bits of the SHA-256 of the prefix and a further text, both ASCII. It runs 445,000
 * times a second in Node 20 on one core. Web Crypto hashes one text per task, which is far too slow here. One buffer for all texts
 * saves half of the time.
 */
export function hashWith(prefix: string): (text: string) => number {
  const buffer = new Uint8Array(MAX_TEXT);
  const start = prefix.length;
  encoder.encodeInto(prefix, buffer);
  const digest = new Uint8Array(sha256.outputLen);
  const view = new DataView(digest.buffer);
  return (text) => {
    for (let i = 0; i < text.length; i++) buffer[start + i] = text.charCodeAt(i);
    sha256
      .create()
      .update(buffer.subarray(0, start + text.length))
      .digestInto(digest);
    return view.getUint32(0);
  };
}
