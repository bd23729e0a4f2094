import { getJSON } from "./discovery.js";

/**
 * What the provider tells of the person beyond the ID token (OIDC Core 5.3). A failure costs the names and nothing else.
 * @param {string | undefined} endpoint @param {string} accessToken @param {string} scope
 * @returns {Promise<import("./vigil.js").User | null>}
 */
export async function userInfo(endpoint, accessToken, scope) {
	// OIDC Core 5.4: these scopes ask for claims.
	if (!endpoint || !/\b(profile|email|phone|address)\b/.test(scope)) {
		return null;
	}
	return getJSON(endpoint, { authorization: `Bearer ${accessToken}` }).catch(() => null);
}
