// What the server tells unasked: one stream of server-sent events for all pages of a browser that embed this one.
//
// The pages elect a leader by a lock. It holds the stream and touches one kind of cookie only: the countdown that an event names by its mark,
// so that late news of an old session cannot touch a new one. All other pages, and the leader itself, see that in their cookies.
"use strict";

/**
 * @typedef {object} StreamSettings
 * @property {string} events the URL of the stream
 * @property {string} prefix before each cookie's name
 * @property {string} path of the cookies
 * @property {string} sameSite of the cookies
 */

/**
 * @param {StreamSettings} settings
 * @param {() => void} touched called after a cookie was written
 * @returns {(states: string) => void} takes what the browser holds of live sessions, and "" when there is nothing to hear of
 */
function followSession(settings, touched) {
	const mark = /^[\w-]{8}$/;
	const lock = `vigil:session:${settings.prefix}${settings.path}`;
	const soon = 1_000; // the first wait for a new stream, in milliseconds
	const late = 30_000; // the longest

	let states = "";
	let away = false;
	/** Ends the candidacy, and the lead too. @type {AbortController | null} */
	let candidacy = null;
	let leading = false;
	/** @type {EventSource | null} */
	let source = null;
	/** The states that the stream was opened for, or will be. */
	let followed = "";
	let failures = 0;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;

	function steer() {
		if (away || states === "") {
			candidacy?.abort();
		} else if (!candidacy) {
			contend();
		} else if (leading && followed !== states) {
			failures = 0;
			open();
		}
	}

	async function contend() {
		const mine = (candidacy = new AbortController());
		try {
			await navigator.locks.request(lock, { signal: mine.signal }, () => lead(mine.signal));
		} catch {
			if (!mine.signal.aborted) {
				return; // there are no locks for this page
			}
		}
		candidacy = null;
		steer(); // it may be wanted again by now
	}

	/** Holds the lock until the candidacy ends. @param {AbortSignal} signal @returns {Promise<void>} */
	function lead(signal) {
		return new Promise((done) => {
			signal.addEventListener("abort", () => {
				leading = false;
				close();
				done();
			});
			leading = !signal.aborted;
			if (!leading) {
				done();
				return;
			}
			open();
		});
	}

	function open() {
		close();
		followed = states;
		const opened = new EventSource(settings.events);
		source = opened;
		opened.addEventListener("ended", ({ data }) => {
			touch(data, () => 0);
		});
		opened.addEventListener("extended", ({ data }) => {
			failures = 0;
			touch(data, ({ left }) => left);
		});
		opened.addEventListener("quiet", () => opened.close()); // until the states are others
		// A refused stream would never be tried again, a broken one by all browsers at the same time.
		opened.addEventListener("error", () => {
			if (source === opened) {
				opened.close();
				clearTimeout(timer);
				timer = setTimeout(open, wait(failures++));
			}
		});
	}

	function close() {
		clearTimeout(timer);
		source?.close();
		source = null;
	}

	/** @param {number} failures @returns {number} milliseconds: twice as long each time, and never the same for two browsers */
	function wait(failures) {
		return soon + Math.random() * Math.min(soon * 2 ** failures, late - soon);
	}

	/**
	 * Sets the countdown of a mark, if it runs. One that ran out stays so: the news may be older than its end.
	 * @param {string} data @param {(news: {p: string, left: number}) => number} secondsOf
	 */
	function touch(data, secondsOf) {
		const news = JSON.parse(data);
		const seconds = secondsOf(news);
		if (typeof news.p !== "string" || !mark.test(news.p) || !Number.isSafeInteger(seconds) || seconds < 0) {
			return;
		}
		const name = `${settings.prefix}OPUAS-L-${news.p}`;
		if (document.cookie.split("; ").includes(`${name}=1`)) {
			// RFC 6265bis 4.1.3.2: a __Host- cookie has Secure, its path and no Domain.
			document.cookie = `${name}=1; Max-Age=${seconds}; Path=${settings.path}; Secure; SameSite=${settings.sameSite}; Priority=High`;
			touched();
		}
	}

	/** @param {boolean} gone */
	function leave(gone) {
		away = gone;
		steer();
	}
	// Whoever sleeps must not keep the lead.
	addEventListener("pagehide", () => leave(true));
	addEventListener("pageshow", () => leave(false));
	document.addEventListener("freeze", () => leave(true));
	document.addEventListener("resume", () => leave(false));
	// A connection of another network may be dead without an error.
	addEventListener("online", () => {
		if (leading) {
			open();
		}
	});

	return (current) => {
		states = current;
		if ("locks" in navigator) {
			steer();
		}
	};
}
