// Runs checks, several at once, and tells each as a line of JSON on stdout: package interop makes a test of every line.

import { webcrypto } from "node:crypto";

// Node 18, which Debian 12 has, keeps Web Crypto in a module; the libraries look for it where browsers have it.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

// What the tests give: the issuer, the redirect address, the applications' secret and private keys.
export const settings = JSON.parse(process.argv[2]);

export async function report(checks) {
	const waiting = Object.entries(checks);
	const worker = async () => {
		for (let next = waiting.shift(); next; next = waiting.shift()) {
			const [name, check] = next;
			let error = "";
			try {
				await check();
			} catch (cause) {
				const because = cause.cause instanceof Error ? `${cause.cause.message}` : JSON.stringify(cause.cause, (_, v) => (v instanceof Response ? `${v.status} ${v.url}` : v));
				error = `${cause.stack ?? cause}${cause.cause ? `\nbecause: ${because}` : ""}${cause.error ? `\n${cause.error}: ${cause.error_description}` : ""}`;
			}
			console.log(JSON.stringify({ name, error }));
		}
	};
	await Promise.all(Array.from({ length: 4 }, worker));
	console.log(JSON.stringify({ done: true }));
	process.exit(0); // a check that failed may have left a server open
}

export function equal(got, want, what) {
	if (JSON.stringify(got) !== JSON.stringify(want)) {
		throw new Error(`${what} is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
	}
}

export function must(truth, what) {
	if (!truth) {
		throw new Error(what);
	}
}

// Wants a promise to be refused with an error of OAuth in the answer's body, or in its query.
export async function refused(promise, error) {
	const cause = await promise.then(() => "nothing", (cause) => cause);
	equal(cause.error ?? cause.message, error, "the refusal");
}

// Wants a promise to be refused with an error of OAuth in the header WWW-Authenticate.
export async function challenged(promise, error) {
	const cause = await promise.then(() => "nothing", (cause) => cause);
	equal(cause.cause?.[0]?.parameters?.error ?? cause.message, error, "the challenge");
}
