/**
 * The demonstration application. Everything it knows of itself stands in config.json, so that the same files are two
 * applications on two hosts; everything it knows of sessions it has from the SDK.
 */

import { createView } from "./view.js";

/**
 * @typedef {object} Config
 * @property {string} name
 * @property {string} clientId
 * @property {string} issuer
 * @property {string} accent a CSS colour
 * @property {{name: string, url: string}} other
 */
/** @typedef {import("../sdk/vigil.js").SignInResult} SignInResult */

const view = createView();

/** @returns {Promise<Config>} */
async function loadConfig() {
	const response = await fetch("config.json");
	if (!response.ok) {
		throw new Error(`config.json: ${response.status}`);
	}
	return response.json();
}

async function start() {
	const config = await loadConfig();
	view.introduce(config);
	/** @type {typeof import("../sdk/vigil.js")} */
	const sdk = await import(new URL("/sdk/vigil.js", config.issuer).href);
	const vigil = sdk.createVigil({
		issuer: config.issuer,
		clientId: config.clientId,
		redirectUri: `${location.origin}/`,
		silentRedirectUri: `${location.origin}/silent.html`,
		postLogoutRedirectUri: `${location.origin}/`,
	});
	run(vigil);
}

/** @param {import("../sdk/vigil.js").Vigil} vigil */
async function run(vigil) {
	/** @type {{stop(): void} | null} */
	let watch = null;

	const activity = vigil.activity({
		onActive: ({ idleSecondsLeft, latency }) => {
			view.idle(idleSecondsLeft);
			view.log("activity", latency === null ? "Another tab told Vigil that you are here" : "Told Vigil that you are here", latency);
		},
		onInactive: () => view.log("error", "Vigil knows of no session to keep"),
		onError: (error) => view.log("error", `Activity could not be told: ${error.message}`),
	});

	/** @param {SignInResult} result @param {string} how @param {number | null} latency */
	function take(result, how, latency) {
		view.show(result);
		if (result.user) {
			view.log("signed-on", `${view.nameOf(result.user)} is signed on, ${how}`, latency);
			activity.now(); // whoever opens this page is there; and the answer tells how long the session may idle
		} else if (result.signedOff) {
			view.log("signed-off", "You signed off");
			learn();
			return;
		} else if (result.error?.code === "login_required") {
			view.log("quiet", "Nobody is signed on", latency);
		} else if (result.error) {
			view.trouble(result.error.message);
			view.log("error", `${result.error.code}: ${result.error.message}`, latency);
		}
		watchAgain();
	}

	function watchAgain() {
		watch?.stop();
		watch = vigil.current.sessionState === null ? null : vigil.watchSession({
			onAnswer: (event) => {
				view.answer(event);
				if (event.answer !== "unchanged") {
					view.log("quiet", `The session frame says “${event.answer}”`, event.latency);
				}
			},
			onUnchanged: ({ extended, latency }) => {
				if (extended) {
					view.log("extended", "A new session of the same person was taken over", latency);
				}
			},
			onChanged: ({ reason, result, latency }) => {
				const how = reason === "signedOff" ? view.ending() : reason;
				view.show(result, how);
				view.log(result.user ? "signed-on" : "signed-off", told(how, result), latency);
				if (result.user) {
					activity.now(); // somebody signed on a moment ago
				}
			},
			onError: (error) => view.log("error", `${error.code}: ${error.message}`),
		});
	}

	/** @param {string} how @param {SignInResult} result */
	function told(how, { user }) {
		if (user) {
			return `${view.nameOf(user)} signed on in another window`;
		}
		return { timedOut: "The session idled out", signedOff: "Signed off in another window" }[how] ?? "The session ended";
	}

	/** After a sign-off: gets a session_state for nobody, so that a sign-on in another window is seen here too. */
	async function learn() {
		await vigil.silentSignIn();
		if (vigil.current.user) {
			view.show(vigil.current, "signedOn");
		}
		watchAgain();
	}

	async function look() {
		const began = performance.now();
		take(await vigil.silentSignIn(), "silently", performance.now() - began);
	}

	/** A browser that never met the provider has nothing to watch: only asking tells that somebody signed on elsewhere. */
	async function lookAgain() {
		if (document.visibilityState !== "visible" || vigil.current.user || vigil.current.sessionState !== null) {
			return;
		}
		const began = performance.now();
		const result = await vigil.silentSignIn();
		if (result.user || result.sessionState !== null) {
			take(result, "in another window", performance.now() - began);
		}
	}

	view.on("sign-in", () => vigil.signIn());
	view.on("switch", () => vigil.signIn({ prompt: "login" }));
	view.on("sign-off", () => vigil.signOff());
	view.on("active", () => activity.now());
	const began = performance.now();
	const answer = await vigil.handleRedirect();
	if (answer && answer.error?.code !== "unknownState") {
		take(answer, "by the sign-on page", performance.now() - began);
	} else {
		await look(); // also for an answer to another tab's question, or one that was taken before
	}
	setInterval(lookAgain, 3_000);
	document.addEventListener("visibilitychange", lookAgain);
}

start().catch((cause) => {
	view.trouble(cause.message);
	view.log("error", `The demonstration could not start: ${cause.message}`);
});
