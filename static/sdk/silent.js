import { asVigilError, VigilError } from "./error.js";
import { hiddenFrame } from "./frame.js";
import { nobody } from "./result.js";
import { authorizeURL, completeSignOn, newAttempt } from "./signon.js";

/** @typedef {import("./vigil.js").Context} Context */
/** @typedef {import("./vigil.js").SignInResult} SignInResult */

const timeout = 10_000;
const unanswered = "the silent sign-in was not answered in time: is silentRedirectUri registered, and does its page hand the answer over? The provider says what is wrong to whoever opens ";

/**
 * OIDC Core 3.1.2.1, prompt=none, in a frame of our own: the provider only redirects there, it shows no page. The frame comes
 * back to `silentRedirectUri` on this origin, which posts its address to us. No id_token_hint goes along: with it the answer
 * could not tell another user from nobody.
 * @param {Context} context @returns {Promise<SignInResult>}
 */
export async function silentSignIn(context) {
	/** @type {SignInResult} */
	let result;
	try {
		const { silentRedirectUri } = context.settings;
		if (!silentRedirectUri) {
			throw new VigilError("noSilentRedirectUri", "createVigil was given no silentRedirectUri");
		}
		const attempt = newAttempt(silentRedirectUri);
		const answer = await askInFrame(await authorizeURL(context, attempt, { prompt: "none" }));
		if (answer.get("state") !== attempt.state) {
			throw new VigilError("unknownState", "the frame answered another request");
		}
		result = await completeSignOn(context, attempt, answer);
	} catch (cause) {
		result = { ...nobody(), error: asVigilError(cause, "unreachable") };
	}
	if (isAnswer(result)) {
		context.current = result;
	}
	return result;
}

/** Whether the provider said who is signed on, or that nobody is; a failure on the way says neither. @param {SignInResult} result */
export function isAnswer({ user, error }) {
	return user !== null || (error !== null && answers.has(error.code));
}

// OIDC Core 3.1.2.6.
const answers = new Set(["login_required", "interaction_required", "account_selection_required", "consent_required"]);

/** @param {string} url @returns {Promise<URLSearchParams>} */
function askInFrame(url) {
	return new Promise((resolve, reject) => {
		const frame = hiddenFrame(url, "Silent sign-in");
		const timer = setTimeout(() => done(() => reject(new VigilError("silentTimeout", unanswered + url))), timeout);
		/** @param {() => void} settle */
		const done = (settle) => {
			clearTimeout(timer);
			removeEventListener("message", listen);
			frame.remove();
			settle();
		};
		/** @param {MessageEvent} event */
		const listen = (event) => {
			const { origin, source, data } = event;
			if (origin === location.origin && source === frame.contentWindow && data?.vigil === "silent" && typeof data.url === "string") {
				done(() => resolve(new URL(data.url).searchParams));
			}
		};
		addEventListener("message", listen);
	});
}
