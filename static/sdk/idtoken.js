import { getJSON } from "./discovery.js";
import { fromBase64url } from "./encoding.js";
import { VigilError } from "./error.js";

/** @type {Record<string, {key: RsaHashedImportParams | EcKeyImportParams, verify: AlgorithmIdentifier | EcdsaParams}>} */
const algorithms = {
	ES256: { key: { name: "ECDSA", namedCurve: "P-256" }, verify: { name: "ECDSA", hash: "SHA-256" } },
	RS256: { key: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, verify: "RSASSA-PKCS1-v1_5" },
};

/**
 * Checks an ID token that has just come from the token endpoint (OIDC Core 3.1.3.7) and gives its claims.
 *
 * @param {string} token
 * @param {object} expected
 * @param {string} expected.issuer
 * @param {string} expected.clientId
 * @param {string} expected.nonce
 * @param {string} expected.jwksUri
 * @param {number} expected.elapsed milliseconds since the code was sent in for it
 * @returns {Promise<import("./vigil.js").User>}
 */
export async function verifyIdToken(token, expected) {
	const parts = token.split(".");
	const [head, body, signature] = parts;
	if (parts.length !== 3 || !head || !body || !signature) {
		throw invalid("is not a signed token");
	}
	const claims = decode(body);
	checkClaims(claims, expected);
	await checkSignature(decode(head), new TextEncoder().encode(`${head}.${body}`), fromBase64url(signature), expected.jwksUri);
	return claims;
}

/** @param {string} what */
const invalid = (what) => new VigilError("badIdToken", `the ID token ${what}`);

/** @param {string} part @returns {any} */
function decode(part) {
	try {
		return JSON.parse(new TextDecoder().decode(fromBase64url(part)));
	} catch {
		throw invalid("cannot be read");
	}
}

/** @param {any} claims @param {{issuer: string, clientId: string, nonce: string, elapsed: number}} expected */
function checkClaims(claims, expected) {
	if (claims.iss !== expected.issuer) {
		throw invalid("was made by another issuer");
	}
	const audience = [claims.aud].flat();
	if (!audience.includes(expected.clientId) || (audience.length > 1 && claims.azp !== expected.clientId)) {
		throw invalid("was made for another client");
	}
	if (claims.nonce !== expected.nonce) {
		throw invalid("answers another request");
	}
	if (typeof claims.sub !== "string" || claims.sub === "") {
		throw invalid("names no subject");
	}
	// Clocks of browsers are off by minutes. This token is as old as the exchange that brought it, so it is measured from its own iat.
	if (!Number.isFinite(claims.iat) || !(claims.exp * 1000 > claims.iat * 1000 + expected.elapsed)) {
		throw invalid("has expired");
	}
}

/** @param {any} head @param {Uint8Array<ArrayBuffer>} signed @param {Uint8Array<ArrayBuffer>} signature @param {string} jwksUri */
async function checkSignature(head, signed, signature, jwksUri) {
	const algorithm = Object.hasOwn(algorithms, head.alg) ? algorithms[head.alg] : undefined;
	if (!algorithm) {
		throw invalid("is signed by a method that this SDK does not accept");
	}
	/** @type {{keys: (JsonWebKey & {kid?: string})[]}} */
	const { keys } = await getJSON(jwksUri);
	const kty = head.alg === "ES256" ? "EC" : "RSA";
	const jwk = keys.find((key) => key.kid === head.kid && key.kty === kty && (key.use ?? "sig") === "sig");
	if (!jwk) {
		throw invalid("is signed with a key that the provider does not publish");
	}
	const { kty: type, crv, x, y, n, e } = jwk;
	const key = await crypto.subtle.importKey("jwk", { kty: type, crv, x, y, n, e }, algorithm.key, false, ["verify"]);
	if (!(await crypto.subtle.verify(algorithm.verify, key, signature, signed))) {
		throw invalid("has a false signature");
	}
}
