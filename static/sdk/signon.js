import { challengeOf, randomText } from "./encoding.js";
import { asVigilError, VigilError } from "./error.js";
import { verifyIdToken } from "./idtoken.js";
import { nobody } from "./result.js";
import { endedSignOff } from "./signoff.js";
import { userInfo } from "./userinfo.js";

/**
 * @typedef {object} SignInOptions
 * @property {string} [prompt] "login" asks again although somebody is signed on
 * @property {string} [loginHint] what to fill in as the user name
 * @property {string} [returnTo] path on this origin to show afterwards; default: where the person is now
 * @property {number} [maxAge] seconds since the last authentication that are still good enough
 * @property {string} [acrValues] flows of this application, the best one first, space-separated
 * @property {string} [uiLocales] languages for the provider's pages, the best one first, space-separated; default: the browser's
 */

/**
 * @typedef {object} Attempt a sign-on under way, known by its state
 * @property {string} state
 * @property {string} nonce
 * @property {string} verifier
 * @property {string} redirectUri
 * @property {string | null} returnTo
 * @property {number} at milliseconds since 1970
 */

/** @typedef {import("./vigil.js").Context} Context */
/** @typedef {import("./vigil.js").SignInResult} SignInResult */

const forgetAfter = 3_600_000;
const exchangeTimeout = 15_000;

/**
 * Leaves the page. The promise is never fulfilled: nothing that waits for it runs while the page is on its way out.
 * @param {Context} context @param {SignInOptions} [options] @returns {Promise<never>}
 */
export async function signIn(context, options = {}) {
	const attempt = newAttempt(context.settings.redirectUri);
	attempt.returnTo = ownPath(options.returnTo ?? location.href);
	const url = await authorizeURL(context, attempt, {
		prompt: options.prompt,
		login_hint: options.loginHint,
		max_age: options.maxAge?.toString(),
		acr_values: options.acrValues,
		ui_locales: options.uiLocales,
	});
	const prefix = storagePrefix(context);
	for (const key of Object.keys(sessionStorage).filter((name) => name.startsWith(prefix))) {
		if (Date.now() - (JSON.parse(sessionStorage.getItem(key) ?? "{}").at ?? 0) > forgetAfter) {
			sessionStorage.removeItem(key);
		}
	}
	sessionStorage.setItem(prefix + attempt.state, JSON.stringify(attempt));
	location.assign(url);
	return new Promise(() => {});
}

/** @param {string} redirectUri @returns {Attempt} */
export function newAttempt(redirectUri) {
	return { state: randomText(), nonce: randomText(), verifier: randomText(), redirectUri, returnTo: null, at: Date.now() };
}

/** @param {Context} context @param {Attempt} attempt @param {Record<string, string | undefined>} extra */
export async function authorizeURL({ settings, discover }, attempt, extra) {
	const url = new URL((await discover()).authorization_endpoint);
	const parameters = {
		client_id: settings.clientId,
		response_type: "code",
		redirect_uri: attempt.redirectUri,
		scope: settings.scope,
		state: attempt.state,
		nonce: attempt.nonce,
		code_challenge: await challengeOf(attempt.verifier),
		code_challenge_method: "S256",
		...extra,
	};
	for (const [name, value] of Object.entries(parameters)) {
		if (value !== undefined) {
			url.searchParams.set(name, value);
		}
	}
	return url.href;
}

/** @param {Context} context @param {string} [url] @returns {Promise<SignInResult | null>} */
export async function handleRedirect(context, url = location.href) {
	const answer = new URL(url).searchParams;
	const state = answer.get("state");
	if (state === null) {
		return null;
	}
	if (endedSignOff(context, state)) {
		leaveAnswer(null);
		context.current = { ...nobody(), signedOff: true };
		return context.current;
	}
	if (!answer.has("code") && !answer.has("error")) {
		return null;
	}
	const key = storagePrefix(context) + state;
	/** @type {Attempt | null} */
	const attempt = JSON.parse(sessionStorage.getItem(key) ?? "null");
	sessionStorage.removeItem(key); // an answer is taken once
	leaveAnswer(attempt?.returnTo ?? null);
	if (attempt === null) {
		context.current = { ...nobody(), error: new VigilError("unknownState", "this tab began no such sign-on") };
		return context.current;
	}
	context.current = await completeSignOn(context, attempt, answer);
	return context.current;
}

/** Takes the provider's answer out of the address bar and the history. @param {string | null} returnTo */
function leaveAnswer(returnTo) {
	// Joined, not resolved: a path such as //elsewhere/ is a path of this origin too.
	const clean = new URL(returnTo === null ? location.href : location.origin + returnTo);
	for (const name of ["code", "state", "iss", "session_state", "error", "error_description", "error_uri"]) {
		clean.searchParams.delete(name);
	}
	history.replaceState(history.state, "", clean);
}

/** @param {Context} context @param {Attempt} attempt @param {URLSearchParams} answer @returns {Promise<SignInResult>} */
export async function completeSignOn(context, attempt, answer) {
	const sessionState = answer.get("session_state");
	try {
		const metadata = await context.discover();
		const iss = answer.get("iss");
		// RFC 9207 2.4: an answer of another issuer is not ours to take.
		if (iss === null ? metadata.authorization_response_iss_parameter_supported : iss !== metadata.issuer) {
			throw new VigilError("wrongIssuer", "the answer names another issuer, or none");
		}
		const refused = answer.get("error");
		if (refused !== null) {
			throw new VigilError(refused, answer.get("error_description") ?? refused);
		}
		const { user, tokens } = await exchange(context, attempt, answer.get("code") ?? "");
		return { ...nobody(), user, tokens, sessionState };
	} catch (cause) {
		return { ...nobody(), sessionState, error: asVigilError(cause, "unreachable") };
	}
}

/** @param {Context} context @param {Attempt} attempt @param {string} code */
async function exchange({ settings, discover }, attempt, code) {
	const metadata = await discover();
	const began = performance.now();
	const response = await fetch(metadata.token_endpoint, {
		method: "POST",
		credentials: "omit",
		signal: AbortSignal.timeout(exchangeTimeout),
		body: new URLSearchParams({
			grant_type: "authorization_code",
			code,
			client_id: settings.clientId,
			redirect_uri: attempt.redirectUri,
			code_verifier: attempt.verifier,
		}),
	});
	const answer = await response.json().catch(() => ({}));
	if (!response.ok || typeof answer.id_token !== "string") {
		throw new VigilError(answer.error ?? "badTokenResponse", answer.error_description ?? `the token endpoint answered ${response.status}`);
	}
	const elapsed = performance.now() - began;
	const { issuer, jwks_uri: jwksUri } = metadata;
	const [claims, more] = await Promise.all([
		verifyIdToken(answer.id_token, { issuer, clientId: settings.clientId, nonce: attempt.nonce, jwksUri, elapsed }),
		userInfo(metadata.userinfo_endpoint, answer.access_token, answer.scope ?? settings.scope),
	]);
	// OIDC Core 5.3.2: an answer about another subject is not used. What is signed comes first.
	const user = more?.sub === claims.sub ? { ...more, ...claims } : claims;
	/** @type {import("./vigil.js").Tokens} */
	const tokens = {
		idToken: answer.id_token,
		accessToken: answer.access_token,
		refreshToken: answer.refresh_token ?? null,
		scope: answer.scope ?? settings.scope,
		expiresAt: Date.now() + (answer.expires_in ?? 0) * 1000,
	};
	return { user, tokens };
}

/** @param {Context} context */
const storagePrefix = ({ settings }) => `vigil:sign-on:${settings.clientId}:`;

/** Where on this origin; anything else is forgotten. @param {string} target */
function ownPath(target) {
	const url = new URL(target, location.href);
	return url.origin === location.origin ? url.pathname + url.search + url.hash : null;
}
