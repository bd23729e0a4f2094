import { VigilError } from "./error.js";

/**
 * @typedef {object} Metadata the part of the provider's metadata that the SDK uses
 * @property {string} issuer
 * @property {string} authorization_endpoint
 * @property {string} token_endpoint
 * @property {string} jwks_uri
 * @property {string} end_session_endpoint
 * @property {string} [userinfo_endpoint]
 * @property {string} [check_session_iframe]
 * @property {boolean} [authorization_response_iss_parameter_supported]
 */

const needed = /** @type {const} */ (["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"]);
const timeout = 10_000;

/** A function that reads the metadata once; a failure is forgotten. @param {string} issuer @returns {() => Promise<Metadata>} */
export function createDiscovery(issuer) {
	/** @type {Promise<Metadata> | null} */
	let metadata = null;
	return () =>
		(metadata ??= read(issuer).catch((cause) => {
			metadata = null;
			throw cause;
		}));
}

/** @param {string} issuer @returns {Promise<Metadata>} */
async function read(issuer) {
	const metadata = await getJSON(`${issuer}/.well-known/openid-configuration`);
	// OIDC Discovery 4.3: the issuer must be the one that was asked.
	if (metadata.issuer !== issuer) {
		throw new VigilError("badMetadata", `the metadata of ${issuer} names another issuer`);
	}
	for (const name of needed) {
		if (typeof metadata[name] !== "string") {
			throw new VigilError("badMetadata", `the metadata of ${issuer} has no ${name}`);
		}
	}
	return metadata;
}

/** @param {string} url @param {Record<string, string>} [headers] @returns {Promise<any>} */
export async function getJSON(url, headers = {}) {
	const response = await fetch(url, { headers, credentials: "omit", signal: AbortSignal.timeout(timeout) }).catch((cause) => {
		throw new VigilError("unreachable", `${url} could not be read: ${cause.message}`);
	});
	if (!response.ok) {
		throw new VigilError("unreachable", `${url} answered ${response.status}`);
	}
	return response.json();
}
