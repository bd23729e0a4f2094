/** @param {Uint8Array} bytes */
export function toBase64url(bytes) {
	return btoa(String.fromCharCode(...bytes))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replaceAll("=", "");
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64url(text) {
	const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
	return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** 256 random bits. */
export function randomText() {
	return toBase64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** RFC 7636 4.2: the challenge of method S256. @param {string} verifier */
export async function challengeOf(verifier) {
	return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}
