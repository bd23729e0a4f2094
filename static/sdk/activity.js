import { asVigilError, VigilError } from "./error.js";

/**
 * @typedef {object} ActivityOptions
 * @property {(event: {idleSecondsLeft: number, latency: number | null}) => void} [onActive] the session goes on for that long
 *   without further input; `latency`: milliseconds of the request, null if another tab made it
 * @property {() => void} [onInactive] there is no session to keep
 * @property {(error: VigilError) => void} [onError] the provider could not be told
 */

/** @typedef {import("./vigil.js").Context} Context */

const every = 60_000;
const timeout = 10_000;
const inputs = ["pointerdown", "keydown", "wheel", "touchstart"];

/** @param {Context} context @param {ActivityOptions} [options] */
export function startActivity(context, options = {}) {
	const watch = new Activity(context, options);
	watch.start();
	return {
		/** Ends the reports. */
		stop: () => watch.stop(),
		/** Reports now: for a button by which the person says "I am here". Never throws. */
		now: () => watch.tell(),
	};
}

class Activity {
	/** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
	/** @type {BroadcastChannel} */ #tabs;
	/** @type {Promise<void> | null} */ #telling = null;
	#name;

	/** @param {Context} context @param {ActivityOptions} options */
	constructor(context, options) {
		this.context = context;
		this.options = options;
		this.#name = `vigil:activity:${context.settings.issuer}`;
		this.#tabs = new BroadcastChannel(this.#name);
		this.#tabs.onmessage = ({ data }) => this.options.onActive?.({ idleSecondsLeft: data, latency: null });
	}

	start() {
		for (const name of inputs) {
			addEventListener(name, this.#input, { capture: true, passive: true });
		}
	}

	stop() {
		for (const name of inputs) {
			removeEventListener(name, this.#input, { capture: true });
		}
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#tabs.close();
	}

	/** What a script makes up is nobody's activity. @param {Event} event */
	#input = (event) => {
		if (!event.isTrusted || this.#timer !== undefined || !this.context.current.user) {
			return;
		}
		// Input within the minute is told at its end, so that the last of it counts.
		this.#timer = setTimeout(this.#due, Math.max(0, this.#last() + every - Date.now()));
	};

	#due = async () => {
		this.#timer = undefined;
		await navigator.locks.request(this.#name, { ifAvailable: true }, async (lock) => {
			if (lock && this.#last() + every <= Date.now()) {
				await this.tell();
			}
		});
	};

	/** When any tab last told the provider. */
	#last() {
		const last = Number(localStorage.getItem(this.#name));
		return last <= Date.now() ? last : 0; // the clock was set back
	}

	/** Tells once, however many ask at the same time. @returns {Promise<void>} */
	tell() {
		return (this.#telling ??= this.#tell().finally(() => (this.#telling = null)));
	}

	async #tell() {
		if (this.context.leaving) {
			return; // what signs off is the last of it
		}
		localStorage.setItem(this.#name, String(Date.now()));
		const began = performance.now();
		try {
			const response = await fetch(`${this.context.settings.issuer}/session/activity`, {
				method: "POST",
				credentials: "include",
				headers: { "X-Vigil-Activity": "1" },
				signal: AbortSignal.timeout(timeout),
			});
			if (response.status === 401 && this.context.leaving) {
				return;
			}
			if (response.status === 401) {
				this.options.onInactive?.();
				return;
			}
			const { active, idleSecondsLeft } = await response.json();
			if (active !== true || typeof idleSecondsLeft !== "number") {
				throw new VigilError("badAnswer", `the activity endpoint answered ${response.status}`);
			}
			this.#tabs.postMessage(idleSecondsLeft);
			this.options.onActive?.({ idleSecondsLeft, latency: performance.now() - began });
		} catch (cause) {
			this.options.onError?.(asVigilError(cause, "unreachable"));
		}
	}
}
