// Searches for the answer to a puzzle: a number such that SHA-256 of the seed, a dot and the number begins with so many zero bits. It runs beside
// the page, which stays usable meanwhile.

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

addEventListener("message", ({ data }) => {
  const dot = data.indexOf(".");
  const bits = Number(data.slice(0, dot)), seed = data.slice(dot + 1) + ".";
  if (!(bits >= 1 && bits <= 26) || seed.length > 40) return;
  const bytes = new Uint8Array(64);
  for (let i = 0; i < seed.length; i++) bytes[i] = seed.charCodeAt(i);
  for (let n = 0; ; n++) {
    const digits = String(n);
    for (let i = 0; i < digits.length; i++) bytes[seed.length + i] = digits.charCodeAt(i);
    if (firstWord(bytes, seed.length + digits.length) >>> (32 - bits) === 0) {
      postMessage(digits);
      return;
    }
  }
});
