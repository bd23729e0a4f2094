import { asVigilError, VigilError } from "./error.js";

/** @typedef {import("./vigil.js").Context} Context */

const soon = 1_000; // the first wait for a new stream, in milliseconds
const late = 30_000; // the longest
const timeout = 10_000;
const aMoment = 300; // for the news that the session ended, which the tab before sends with its lock

/**
 * Hears from the provider itself that the session ended, for pages whose frame sees no cookies: browsers keep those of another site
 * from it. It shows the ID token, which may have expired, for a ticket that opens one stream; each stream brings the ticket of the next.
 * The tabs of this origin share one stream: a lock says whose, a channel tells the others.
 */
export class EndedWatch {
	/** @type {EventSource | null} */ #source = null;
	/** @type {BroadcastChannel} */ #tabs;
	#candidacy = new AbortController();
	/** Opens the next stream. @type {string | null} */ #ticket = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
	#failures = 0;
	#idToken;

	/**
	 * @param {Context} context @param {string} idToken @param {string} sid of the session
	 * @param {() => void} onEnded called once @param {(error: VigilError) => void} onError
	 */
	constructor(context, idToken, sid, onEnded, onError) {
		this.context = context;
		this.sid = sid;
		this.onEnded = onEnded;
		this.onError = onError;
		this.#idToken = idToken;
		const name = `vigil:ended:${context.settings.issuer}:${context.settings.clientId}:${sid}`;
		this.#tabs = new BroadcastChannel(name);
		this.#tabs.onmessage = () => this.#finish();
		navigator.locks.request(name, { signal: this.#candidacy.signal }, () => this.#lead()).catch(() => {});
	}

	stop() {
		this.#candidacy.abort();
		this.#tabs.close();
		this.#close();
	}

	/** Holds the lock until the watch is stopped. @returns {Promise<void>} */
	#lead() {
		const { signal } = this.#candidacy;
		return new Promise((done) => {
			signal.addEventListener("abort", () => done());
			if (signal.aborted) {
				done();
				return;
			}
			this.#timer = setTimeout(this.#open, aMoment);
		});
	}

	#close() {
		clearTimeout(this.#timer);
		this.#source?.close();
		this.#source = null;
	}

	#finish() {
		this.stop();
		this.onEnded();
	}

	#open = async () => {
		try {
			const ticket = this.#ticket ?? (await this.#askForTicket());
			this.#ticket = null; // it is good for one try
			if (this.#candidacy.signal.aborted) {
				return;
			}
			if (ticket === null) {
				this.#tell();
				return;
			}
			this.#listen(ticket);
		} catch (cause) {
			this.onError(asVigilError(cause, "unreachable"));
			this.#again();
		}
	};

	/** @param {string} ticket */
	#listen(ticket) {
		const source = new EventSource(`${this.context.settings.issuer}/session/events?${new URLSearchParams({ ticket })}`);
		this.#source = source;
		source.addEventListener("ticket", ({ data }) => {
			this.#ticket = JSON.parse(data).ticket;
			this.#failures = 0;
		});
		source.addEventListener("ended", () => this.#tell());
		source.addEventListener("quiet", () => this.stop());
		source.addEventListener("error", () => {
			source.close(); // by itself it would come with a ticket that is used up
			if (this.#source === source) {
				this.#again();
			}
		});
	}

	#tell() {
		this.#tabs.postMessage("ended");
		this.#finish();
	}

	#again() {
		this.#close();
		const wait = soon + Math.random() * Math.min(soon * 2 ** this.#failures++, late - soon);
		this.#timer = setTimeout(this.#open, wait);
	}

	/** @returns {Promise<string | null>} null: the session has ended */
	async #askForTicket() {
		const response = await fetch(`${this.context.settings.issuer}/session/ticket`, {
			method: "POST",
			credentials: "omit",
			body: new URLSearchParams({ id_token: this.#idToken }),
			signal: AbortSignal.timeout(timeout),
		});
		if (response.status === 401) {
			return null;
		}
		const { ticket } = await response.json();
		if (typeof ticket !== "string") {
			throw new VigilError("badAnswer", `the ticket endpoint answered ${response.status}`);
		}
		return ticket;
	}
}
