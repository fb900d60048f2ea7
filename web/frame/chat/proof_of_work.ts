/**
 * Solves the proof-of-work challenge that is required in floods (docs/visitors.md). Loaded on demand; works in slices, so that
 * the page stays responsive.
 */

const SLICE_MS = 12;

/** Return the solution "CHALLENGE:N" whose SHA-256 begins with the required number of zero bits. */
export async function solveProofOfWork(challenge: string): Promise<string> {
  const bits = Number.parseInt(challenge, 10);
  let until = performance.now() + SLICE_MS;
  for (let number = 0; ; number++) {
    const answer = `${challenge}:${number}`;
    if (firstWord(answer) >>> (32 - bits) === 0) return answer;
    if ((number & 255) === 0 && performance.now() > until) {
      await new Promise((resolve) => setTimeout(resolve));
      until = performance.now() + SLICE_MS;
    }
  }
}

const primes = Array.from({ length: 312 }, (_, i) => i).filter(
  (n) => n > 1 && Array.from({ length: n - 2 }, (_, i) => i + 2).every((d) => n % d),
);
/** Return the first 32 bits of the fraction of a root. */
const fraction = (root: number) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const START = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const K = Int32Array.from(primes.slice(0, 64).map((prime) => fraction(Math.cbrt(prime))));
const w = new Int32Array(64);

/**
 * Return the first 32 bits of the SHA-256 of an ASCII text (FIPS 180-4). Web Crypto hashes one text per task, which is far too
 * slow here.
 */
export function firstWord(text: string): number {
  const length = text.length;
  const blocks = ((length + 8) >> 6) + 1;
  const state = Int32Array.from(START);
  for (let block = 0; block < blocks; block++) {
    w.fill(0, 0, 16);
    for (let i = 0; i < 64; i++) {
      const at = block * 64 + i;
      const byte = at < length ? text.charCodeAt(at) : at === length ? 0x80 : 0;
      w[i >> 2] = at32(w, i >> 2) | (byte << (24 - 8 * (i & 3)));
    }
    if (block === blocks - 1) w[15] = length * 8;
    mix(state);
  }
  return at32(state, 0) >>> 0;
}

const at32 = (words: Int32Array, index: number): number => words[index] as number;
const turn = (x: number, by: number): number => (x >>> by) | (x << (32 - by));

function mix(state: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = at32(w, i - 15);
    const y = at32(w, i - 2);
    const low = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
    const high = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
    w[i] = at32(w, i - 16) + low + at32(w, i - 7) + high;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + at32(K, i) + at32(w, i);
    const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => {
    state[i] = at32(state, i) + value;
  });
}
