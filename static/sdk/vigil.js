/**
 * Vigil's SDK for single-page applications: sign on with a code and PKCE, watch the session, sign off.
 *
 * Plain ES modules; nothing happens at import. Tokens live in memory only: after a reload `silentSignIn()` gets them again
 * from the session, without a page. An application needs one more file, the page named by `silentRedirectUri`, which holds
 * `parent.postMessage({ vigil: "silent", url: location.href }, location.origin)` and nothing else.
 *
 *     const vigil = createVigil({ issuer, clientId, redirectUri, silentRedirectUri });
 *     const result = (await vigil.handleRedirect()) ?? (await vigil.silentSignIn());
 *     vigil.watchSession({ onChanged: ({ reason }) => … });
 */

import { startActivity } from "./activity.js";
import { createDiscovery } from "./discovery.js";
import { VigilError } from "./error.js";
import { nobody } from "./result.js";
import { signOff } from "./signoff.js";
import { handleRedirect, signIn } from "./signon.js";
import { silentSignIn } from "./silent.js";
import { watchSession } from "./watch.js";

export { VigilError } from "./error.js";

/**
 * @typedef {object} Settings
 * @property {string} issuer the `iss` of the provider, for example https://auth.example.com/as
 * @property {string} clientId
 * @property {string} redirectUri registered, on this origin; the page there calls handleRedirect()
 * @property {string} [silentRedirectUri] registered, on this origin; without it silentSignIn() is not possible and a
 *   `changed` of the session is reported as it is
 * @property {string} [postLogoutRedirectUri] registered; without it a sign-off ends on the provider's own page
 * @property {string} [scope] space-separated; default "openid profile email"
 */

/**
 * @typedef {object} User the claims of the ID token, and of userinfo where the scope asks for some
 * @property {string} sub
 * @property {string} [name]
 * @property {string} [preferred_username]
 * @property {string} [email]
 * @property {string} [sid]
 * @property {number} [auth_time] seconds since 1970, on the provider's clock
 */

/**
 * @typedef {object} Tokens
 * @property {string} idToken
 * @property {string} accessToken
 * @property {string | null} refreshToken
 * @property {string} scope
 * @property {number} expiresAt of the access token: milliseconds since 1970 on this machine's clock
 */

/**
 * @typedef {object} SignInResult
 * @property {User | null} user null: nobody is signed on
 * @property {string | null} sessionState null: the provider does not check sessions for this client
 * @property {Tokens | null} tokens
 * @property {import("./error.js").VigilError | null} error why there is no user; "login_required" is the ordinary answer of a
 *   silent sign-in when nobody is signed on
 * @property {boolean} signedOff true when the browser comes back from a sign-off that this tab began
 */

/**
 * @typedef {object} Context what the parts of the SDK share
 * @property {Required<Pick<Settings, "scope">> & Settings} settings
 * @property {() => Promise<import("./discovery.js").Metadata>} discover
 * @property {SignInResult} current
 * @property {boolean} leaving for a sign-off
 */

/** A mistake in the settings is thrown as `badSetting`. @param {Settings} settings */
export function createVigil(settings) {
	check(settings);
	const issuer = settings.issuer.replace(/\/$/, "");
	/** @type {Context} */
	const context = {
		settings: { scope: "openid profile email", ...settings, issuer },
		discover: createDiscovery(issuer),
		current: nobody(),
		leaving: false,
	};
	/** @type {Promise<SignInResult> | null} */
	let silent = null;
	const silentOnce = () => (silent ??= silentSignIn(context).finally(() => (silent = null)));

	return {
		/** The last result; `user` is null while nobody is signed on here. */
		get current() {
			return context.current;
		},
		/** Leaves for the provider's sign-on. @param {import("./signon.js").SignInOptions} [options] */
		signIn: (options) => signIn(context, options),
		/** Takes what the provider sent back, if this page was reached that way; else null. Never throws. @param {string} [url] */
		handleRedirect: (url) => handleRedirect(context, url),
		/** Asks for the session's user without a page. Calls made at the same time share one answer. Never throws. */
		silentSignIn: silentOnce,
		/** Watches the session until stop(). @param {import("./watch.js").WatchOptions} [options] */
		watchSession: (options) => watchSession(context, silentOnce, options),
		/** Tells the provider of the person's real input, at most once a minute, until stop(). @param {import("./activity.js").ActivityOptions} [options] */
		activity: (options) => startActivity(context, options),
		/** Ends the session, for every application. @param {import("./signoff.js").SignOffOptions} [options] */
		signOff: (options) => signOff(context, options),
	};
}

/** @param {Settings} settings */
function check(settings) {
	for (const name of /** @type {const} */ (["issuer", "clientId", "redirectUri"])) {
		if (!settings[name]) {
			throw new VigilError("badSetting", `createVigil was given no ${name}`);
		}
	}
	const here = globalThis.location?.origin; // none on a server that renders pages
	for (const name of /** @type {const} */ (["redirectUri", "silentRedirectUri"])) {
		const address = settings[name];
		if (address && here && (!URL.canParse(address) || new URL(address).origin !== here)) {
			throw new VigilError("badSetting", `${name} is ${address}, but this page is on ${here}: what it leads to could not hand the answer over`);
		}
	}
}

/** @typedef {ReturnType<typeof createVigil>} Vigil */
