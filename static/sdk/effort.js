/**
 * Does the work that a form of a flow asks of a program: pages of Vigil do it by themselves; an application that shows the forms itself (pi.flow,
 * AM's callbacks) does it with `solve`. It finds the decimal number whose SHA-256, after the challenge and a dot, begins with as many zero bits as
 * the difficulty says.
 */

const round = new Uint32Array(64);
const start = new Uint32Array(8);

// FIPS 180-4 4.2.2, 5.3.3: the first 32 bits of the fractional parts of the cube and square roots of the first primes.
for (let n = 2, found = 0; found < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n; d++) prime = prime && n % d !== 0;
  if (!prime) continue;
  if (found < 8) start[found] = fraction(Math.sqrt(n));
  round[found++] = fraction(Math.cbrt(n));
}

/** @param {number} root */
function fraction(root) {
  return ((root - Math.floor(root)) * 0x100000000) >>> 0;
}

/** @param {number} x @param {number} n */
const turn = (x, n) => (x >>> n) | (x << (32 - n));

const schedule = new Uint32Array(64);
const state = new Uint32Array(8);

/**
 * Gives the first word of the SHA-256 of a text of at most 55 bytes: one block (FIPS 180-4 5.1.1, 6.2.2).
 * @param {Uint8Array} bytes @param {number} length
 */
function firstWord(bytes, length) {
  schedule.fill(0, 0, 16);
  for (let i = 0; i < length; i++) schedule[i >> 2] |= bytes[i] << (24 - (i & 3) * 8);
  schedule[length >> 2] |= 0x80 << (24 - (length & 3) * 8);
  schedule[15] = length * 8;
  for (let i = 16; i < 64; i++) {
    const a = schedule[i - 15], b = schedule[i - 2];
    const s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3), s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
    schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
  }
  state.set(start);
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const t1 = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + round[i] + schedule[i]) | 0;
    const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  return (start[0] + a) >>> 0;
}

/**
 * Tries some numbers, one after the other. Null: it is none of them.
 * @param {string} challenge at most 40 characters of ASCII @param {number} difficulty in bits, from 1 to 26
 * @param {number} from @param {number} count
 */
export function search(challenge, difficulty, from, count) {
  const seed = challenge + ".", bytes = new Uint8Array(64);
  if (!(difficulty >= 1 && difficulty <= 26) || seed.length > 41) throw new RangeError("this is no work of Vigil's");
  for (let i = 0; i < seed.length; i++) bytes[i] = seed.charCodeAt(i);
  for (let n = from; n < from + count; n++) {
    const digits = String(n);
    for (let i = 0; i < digits.length; i++) bytes[seed.length + i] = digits.charCodeAt(i);
    if (firstWord(bytes, seed.length + digits.length) >>> (32 - difficulty) === 0) return digits;
  }
  return null;
}

/**
 * What a form asks: `payload` of a field METADATA, or the JSON in the HiddenValueCallback whose id is proofOfWork.
 * @typedef {object} Work
 * @property {string} purpose proofOfWork
 * @property {string} algorithm SHA-256
 * @property {string} challenge
 * @property {number} difficulty in bits; each more doubles the work, 18 take about a second on a phone
 */

/**
 * Does the work in slices, between which the page stays usable. The number is the answer to the field.
 * @param {Work} work
 * @param {{ signal?: AbortSignal }} [options] ends the work early, with the signal's reason
 * @returns {Promise<string>}
 */
export async function solve({ purpose, algorithm, challenge, difficulty }, { signal } = {}) {
  if (purpose !== "proofOfWork" || algorithm !== "SHA-256") throw new RangeError("this is no work of Vigil's");
  const slice = 5000;
  for (let from = 0; ; from += slice) {
    signal?.throwIfAborted();
    const digits = search(challenge, difficulty, from, slice);
    if (digits !== null) return digits;
    await new Promise((resume) => setTimeout(resume));
  }
}
