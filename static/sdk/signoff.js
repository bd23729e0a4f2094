import { randomText } from "./encoding.js";
import { VigilError } from "./error.js";
import { nobody } from "./result.js";

/**
 * @typedef {object} SignOffOptions
 * @property {boolean} [redirect] false: ask in the background and stay on this page. Default: leave for the provider, which
 *   comes back to `postLogoutRedirectUri`
 */

/** @typedef {import("./vigil.js").Context} Context */

const timeout = 10_000;

/** @param {Context} context @param {SignOffOptions} [options] @returns {Promise<void>} */
export async function signOff(context, { redirect = true } = {}) {
	const { settings, discover, current } = context;
	const url = new URL((await discover()).end_session_endpoint);
	url.searchParams.set("client_id", settings.clientId);
	if (current.tokens) {
		url.searchParams.set("id_token_hint", current.tokens.idToken);
	}
	if (!redirect) {
		return stay(context, url);
	}
	if (settings.postLogoutRedirectUri) {
		const state = randomText();
		sessionStorage.setItem(storageKey(context), state);
		url.searchParams.set("post_logout_redirect_uri", settings.postLogoutRedirectUri);
		url.searchParams.set("state", state);
	}
	// Who comes back by the back button finds the page as it was: the watch looks then what became of the session. Until the page is left,
	// nobody is told of the ending that this call brings about.
	context.leaving = true;
	setTimeout(() => (context.leaving = false), timeout);
	location.assign(url.href);
}

/** @param {Context} context @param {URL} url */
async function stay(context, url) {
	const request = { credentials: /** @type {const} */ ("include"), headers: { accept: "application/json" } };
	const response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeout) });
	if (!response.ok) {
		throw new VigilError("signOffFailed", `the sign-off was answered ${response.status}`);
	}
	context.current = { ...nobody(), sessionState: context.current.sessionState, signedOff: true };
}

/** Whether state is that of the sign-off this tab began; asked once. @param {Context} context @param {string} state */
export function endedSignOff(context, state) {
	const key = storageKey(context);
	if (sessionStorage.getItem(key) !== state) {
		return false;
	}
	sessionStorage.removeItem(key);
	return true;
}

/** @param {Context} context */
const storageKey = ({ settings }) => `vigil:sign-off:${settings.clientId}`;
