import { EndedWatch } from "./ended.js";
import { asVigilError, VigilError } from "./error.js";
import { hiddenFrame } from "./frame.js";
import { isAnswer } from "./silent.js";

/** @typedef {import("./vigil.js").Context} Context */
/** @typedef {import("./vigil.js").SignInResult} SignInResult */
/** @typedef {"unchanged" | "changed" | "error"} Answer */

/**
 * @typedef {object} WatchOptions
 * @property {(event: {reason: Reason, result: SignInResult, latency: number}) => void} [onChanged] another person, or nobody,
 *   is signed on now; `latency`: milliseconds from the frame's answer until its meaning was known
 * @property {(event: {extended: boolean, latency: number | null}) => void} [onUnchanged] all is as it was; `extended`: the session
 *   is another one of the same person, whose session_state was taken over
 * @property {(error: VigilError) => void} [onError] the watch knows nothing; told once until it knows again. By OIDC Session 3.1
 *   an application must not sign on again because of it
 * @property {(event: {answer: Answer, latency: number | null}) => void} [onAnswer] every word of the frame; `latency`:
 *   milliseconds since the question, null if it spoke unasked
 */

/**
 * `signedOff`: nobody is signed on any more. `signedOn`: somebody is, where nobody was. `otherUser`: another person is.
 * `unknown`: without silentRedirectUri there is no way to tell.
 * @typedef {"signedOff" | "signedOn" | "otherUser" | "unknown"} Reason
 */

const everyDay = 2_000; // milliseconds between questions
const afterError = 30_000;
const patience = 3_000; // for an answer
const loadPatience = 10_000;
const loopWindow = 60_000;

/** @param {Context} context @param {() => Promise<SignInResult>} silentSignIn @param {WatchOptions} [options] */
export function watchSession(context, silentSignIn, options = {}) {
	const watch = new SessionWatch(context, silentSignIn, options);
	watch.start();
	return {
		/** Ends the watch. */
		stop: () => watch.stop(),
		/** Asks now instead of at the next turn. */
		check: () => watch.ask(),
	};
}

class SessionWatch {
	/** @type {HTMLIFrameElement | null} */ #frame = null;
	#loaded = false;
	#origin = "";
	/** The session_state that the frame is asked about. @type {string | null} */ #sessionState = null;
	/** When the open question was asked. @type {number | null} */ #asked = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
	/** What was last told to onError. @type {string | null} */ #trouble = null;
	/** When `changed` last meant the same person. */ #lastExtension = -Infinity;
	#failures = 0;
	/** Hears of the end of the session where the frame cannot. @type {EndedWatch | null} */ #ended = null;
	#settling = false;
	/** The page is being left: it may be kept whole for the way back, which a frame that loads would prevent. */
	#away = false;
	#stopped = false;

	/** @param {Context} context @param {() => Promise<SignInResult>} silentSignIn @param {WatchOptions} options */
	constructor(context, silentSignIn, options) {
		this.context = context;
		this.silentSignIn = silentSignIn;
		this.options = options;
	}

	start() {
		addEventListener("message", this.#receive);
		addEventListener("pagehide", this.#leave);
		addEventListener("pageshow", this.#return);
		addEventListener("online", this.#wake);
		document.addEventListener("visibilitychange", this.#wake);
		this.#open();
	}

	stop() {
		this.#stopped = true;
		removeEventListener("message", this.#receive);
		removeEventListener("pagehide", this.#leave);
		removeEventListener("pageshow", this.#return);
		removeEventListener("online", this.#wake);
		document.removeEventListener("visibilitychange", this.#wake);
		this.#hearFrame();
		this.#close();
	}

	ask() {
		const { current, settings } = this.context;
		if (this.#settling || this.#stopped || this.#away) {
			return;
		}
		if (!this.#frame || this.#sessionState !== current.sessionState) {
			this.#open();
			return;
		}
		if (!this.#loaded || this.#asked !== null) {
			return;
		}
		this.#asked = performance.now();
		this.#after(patience, this.#unanswered);
		// OIDC Session 3.1: client ID, space, session state; to the provider's origin alone.
		this.#frame.contentWindow?.postMessage(`${settings.clientId} ${this.#sessionState}`, this.#origin);
	}

	/** Gives the watch a new frame: whatever the old one still has to say about an old session_state is not heard. */
	async #open() {
		this.#close();
		const { sessionState } = this.context.current;
		if (sessionState === null) {
			this.#giveUp(new VigilError("noSessionState", "the provider gave no session_state: nobody signed on in this browser yet, or opSessionCheckEnabled is not on for this client"));
			return;
		}
		this.#sessionState = sessionState;
		try {
			const { issuer, check_session_iframe: page } = await this.context.discover();
			if (this.#stopped || this.#away || this.#frame || this.#sessionState !== sessionState) {
				return;
			}
			this.#origin = new URL(issuer).origin;
			if (!page || new URL(page).origin !== this.#origin) {
				this.#giveUp(new VigilError("noSessionCheck", "the provider has no check_session_iframe on its own origin"));
				return;
			}
			this.#frame = hiddenFrame(page, "Session check");
			this.#frame.addEventListener("load", this.#ready);
			this.#after(loadPatience, this.#notLoaded);
		} catch (cause) {
			this.#report(asVigilError(cause, "unreachable"));
			this.#after(afterError, this.#wake);
		}
	}

	#close = () => {
		clearTimeout(this.#timer);
		this.#frame?.remove();
		this.#frame = null;
		this.#loaded = false;
		this.#asked = null;
	};

	#leave = () => {
		this.#away = true;
		this.#hearFrame();
		this.#close();
	};

	#return = () => {
		this.#away = false;
		this.context.leaving = false;
		this.#wake();
	};

	#ready = () => {
		this.#loaded = true;
		this.ask();
	};

	/** The frame tells nothing of a session that this page knows of: the provider itself does. */
	#hearProvider() {
		const { user, tokens } = this.context.current;
		if (tokens && user?.sid && user.sid !== this.#ended?.sid && "locks" in navigator) {
			this.#ended?.stop();
			this.#ended = new EndedWatch(this.context, tokens.idToken, user.sid, () => this.#settle(), (error) => this.#report(error));
		}
	}

	/** Ends what hears the provider: the frame speaks, or nobody is to. */
	#hearFrame() {
		this.#ended?.stop();
		this.#ended = null;
	}

	#notLoaded = () => {
		this.#report(new VigilError("frameNotLoaded", "the check-session page did not load: does a frame-src policy of this page forbid it?"));
		this.#hearProvider();
		this.#after(afterError, () => this.#open());
	};

	#unanswered = () => {
		this.#asked = null;
		const hint = "the check-session page does not answer: does a proxy add X-Frame-Options or frame-ancestors to it?";
		this.#report(new VigilError("noAnswer", hint));
		this.#hearProvider();
		this.#after(afterError, () => this.#open());
	};

	#wake = () => {
		if (document.visibilityState === "visible" || !this.#frame) {
			this.ask();
		}
	};

	/** @param {MessageEvent} event */
	#receive = ({ origin, source, data }) => {
		if (this.#settling || !this.#frame || source !== this.#frame.contentWindow || origin !== this.#origin) {
			return;
		}
		if ((data !== "unchanged" && data !== "changed" && data !== "error") || this.context.leaving) {
			return;
		}
		const latency = this.#asked === null ? null : performance.now() - this.#asked;
		this.#asked = null;
		this.options.onAnswer?.({ answer: data, latency });
		if (data === "changed") {
			this.#settle();
		} else if (data === "error") {
			// OIDC Session 3.1: no new authentication because of it.
			this.#report(new VigilError("error", "the check-session page knows nothing of this session_state, or its cookies are blocked"));
			this.#hearProvider();
			this.#after(afterError, () => this.ask());
		} else {
			this.#trouble = null;
			this.#hearFrame();
			this.options.onUnchanged?.({ extended: false, latency });
			this.#after(everyDay, () => this.ask());
		}
	};

	/** OIDC Session 3.1: finds out by prompt=none what `changed` means before anybody is told. */
	async #settle() {
		const began = performance.now();
		const before = this.context.current.user?.sub ?? null;
		this.#settling = true;
		this.#hearFrame();
		this.#close();
		const result = await this.silentSignIn();
		this.#settling = false;
		if (this.#stopped) {
			return;
		}
		const latency = performance.now() - began;
		if (result.error?.code === "noSilentRedirectUri") {
			this.stop();
			this.options.onChanged?.({ reason: "unknown", result, latency });
		} else if (!isAnswer(result)) {
			this.#report(result.error ?? new VigilError("unreachable", "the silent sign-in failed"));
			this.#after(Math.min(1_000 * 2 ** this.#failures++, afterError), this.#wake);
		} else {
			this.#failures = 0;
			this.#trouble = null;
			this.#conclude(before, result, latency);
		}
	}

	/** @param {string | null} before @param {SignInResult} result @param {number} latency */
	#conclude(before, result, latency) {
		const now = result.user?.sub ?? null;
		if (now === before) {
			if (since(this.#lastExtension) < loopWindow) {
				this.#giveUp(new VigilError("loop", "the session changed twice within a minute and it is the same person: the watch has stopped"));
				return;
			}
			this.#lastExtension = performance.now();
			this.options.onUnchanged?.({ extended: true, latency });
		} else {
			const reason = now === null ? "signedOff" : before === null ? "signedOn" : "otherUser";
			this.options.onChanged?.({ reason, result, latency });
		}
		if (result.sessionState === null) {
			this.stop(); // the provider has nothing to watch for this browser
		} else if (!this.#stopped) {
			this.#open();
		}
	}

	/** Runs the one next step. @param {number} delay milliseconds @param {() => void} step */
	#after(delay, step) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(step, delay);
	}

	/** @param {VigilError} error */
	#giveUp(error) {
		this.stop();
		this.#report(error);
	}

	/** @param {VigilError} error */
	#report(error) {
		if (this.#trouble !== error.code) {
			this.#trouble = error.code;
			this.options.onError?.(error);
		}
	}
}

/** @param {number} then */
const since = (then) => performance.now() - then;
