// The check-session page: OpenID Connect Session Management 1.0, section 3.2.
//
// An application posts `client_id SP session_state`; the answer goes back to that window and origin alone: "unchanged",
// "changed" or "error". verdict.go is the twin of the steps below. The page keeps nothing and asks the server
// one thing only: whether a client is registered at an origin that is not among the digests the page came with. What the server
// tells unasked is in stream.js; it alone sets a cookie, the countdown.
"use strict";

(() => {
	/** @typedef {"unchanged" | "changed" | "error"} Answer */
	/** @typedef {{clientID: string, hash: string, salt: string}} Question a message taken apart */
	/** @typedef {{answer: Answer, cookies: string | null}} Verdict an answer, and the cookies it holds for; null: for none */
	/** @typedef {{origin: string, question: Question} & Verdict} Caller the last good question of a window */
	/** @typedef {{busy: number, misses: number, burst: number, refill: number, since: number}} Lane what a group of windows may use up */

	const settingsBlock = /** @type {HTMLElement} */ (document.getElementById("settings"));
	/** @type {{registered: string, digests: string[]} & StreamSettings} */
	const settings = JSON.parse(settingsBlock.textContent ?? "");
	const digests = new Set(settings.digests);

	const message = /^([\x20-\x7e]{1,255}) ([\w-]{43})\.([\w-]{22})$/;
	const opuas = /^(?:a|[sb]\.[\w-]{22})$/;
	const maxOPUAS = 4; // one is ours, others were planted by a sibling host
	const maxCallers = 16;
	const maxKnown = 256;
	const maxBusy = 256; // questions in work at a time, per lane
	const retries = 3; // when cookies change during the arithmetic

	/** The window that embeds the page has a lane of its own, so that strangers who reach the page cannot use up its share. */
	const lanes = { parent: lane(16, 5_000), others: lane(4, 10_000) };
	/** @type {Map<Window, Caller>} in the order of their last question */
	const callers = new Map();
	/** @type {Map<string, Promise<boolean>>} pairs the server was asked about, in the order of their last use */
	const known = new Map();

	/** @param {number} burst @param {number} refill milliseconds for one more miss @returns {Lane} */
	function lane(burst, refill) {
		return { busy: 0, misses: burst, burst, refill, since: 0 };
	}

	addEventListener("message", (event) => {
		const source = /** @type {Window | null} */ (event.source);
		// Step 1. Extensions, the page itself and sandboxed frames: nobody who could be answered at an origin.
		if (typeof event.data !== "string" || !source || source === window || event.origin === "null") {
			return;
		}
		poll(source, event.origin, event.data);
	});

	/** @param {Window} source @param {string} origin @param {string} text */
	async function poll(source, origin, text) {
		const group = source === parent ? lanes.parent : lanes.others;
		if (group.busy >= maxBusy) {
			post(source, origin, "error");
			return;
		}
		group.busy++;
		try {
			post(source, origin, await judge(source, origin, text, group));
		} catch {
			post(source, origin, "error");
		} finally {
			group.busy--;
		}
	}

	/** @param {Window} target @param {string} origin @param {Answer} answer */
	function post(target, origin, answer) {
		try {
			target.postMessage(answer, origin);
		} catch {
			callers.delete(target); // the window has gone
		}
	}

	/**
	 * Steps 2 to 6.
	 * @param {Window} source @param {string} origin @param {string} text @param {Lane} group @returns {Promise<Answer>}
	 */
	async function judge(source, origin, text, group) {
		const [, clientID, hash, salt] = message.exec(text) ?? [];
		if (clientID === undefined || hash === undefined || salt === undefined) {
			return "error";
		}
		// Before any cookie is read, so that a stranger learns nothing.
		if (!(await isRegistered(clientID, origin, group))) {
			return "error";
		}
		// The salt of a session_state minted for another client, origin or issuer: `changed` would send the application in circles.
		const check = await sha256([clientID, origin, location.origin, salt.slice(0, 16)], 4);
		if (check !== salt.slice(16)) {
			return "error";
		}
		const question = { clientID, hash, salt };
		const verdict = await judgeCookies(question, origin);
		limit(callers, source, { origin, question, ...verdict }, maxCallers);
		return verdict.answer;
	}

	/** @param {Question} question @param {string} origin @returns {Promise<Verdict>} */
	async function judgeCookies(question, origin) {
		let cookies = document.cookie;
		for (let again = 0; ; again++) {
			const answer = await compare(question, origin, cookies);
			const now = document.cookie;
			if (now === cookies || again === retries) {
				return { answer, cookies: now === cookies ? now : null };
			}
			cookies = now;
		}
	}

	/** @param {Question} question @param {string} origin @param {string} cookies @returns {Promise<Answer>} */
	async function compare({ clientID, hash, salt }, origin, cookies) {
		const { values, marks } = readCookies(cookies);
		if (values.length === 0) {
			return "error";
		}
		for (const value of values) {
			if (isInForce(value, marks) && (await sha256([clientID, origin, value, salt], 32)) === hash) {
				return "unchanged";
			}
		}
		return "changed";
	}

	/** @param {string} cookies @returns {{values: string[], marks: Set<string>}} */
	function readCookies(cookies) {
		/** @type {string[]} */
		const values = [];
		/** @type {Set<string>} */
		const marks = new Set();
		for (const pair of cookies.split("; ")) {
			const equals = pair.indexOf("=");
			const name = pair.slice(0, Math.max(equals, 0));
			const value = pair.slice(equals + 1);
			if (name === settings.prefix + "OPUAS" && opuas.test(value) && values.length < maxOPUAS) {
				values.push(value);
			} else if (value === "1") {
				marks.add(name);
			}
		}
		return { values, marks };
	}

	/** Whether the countdown runs, and the browser too if the session ends with it. @param {string} value @param {Set<string>} marks */
	function isInForce(value, marks) {
		const short = value.slice(2, 10);
		return (
			value === "a" ||
			(marks.has(`${settings.prefix}OPUAS-L-${short}`) && (value[0] === "s" || marks.has(`${settings.prefix}OPUAS-B-${short}`)))
		);
	}

	/** @param {string} clientID @param {string} origin @param {Lane} group @returns {Promise<boolean>} */
	async function isRegistered(clientID, origin, group) {
		const pair = `${clientID} ${origin}`;
		if (!known.has(pair) && digests.has(await sha256([pair], 12))) {
			return true;
		}
		let registered = known.get(pair);
		if (registered === undefined) {
			spendMiss(group);
			registered = askServer(clientID, origin);
			registered.catch(() => known.delete(pair));
		}
		limit(known, pair, registered, maxKnown);
		return registered;
	}

	/** @param {Lane} group */
	function spendMiss(group) {
		const now = performance.now();
		const refilled = Math.floor((now - group.since) / group.refill);
		if (refilled > 0) {
			group.misses = Math.min(group.burst, group.misses + refilled);
			group.since = now;
		}
		if (group.misses === 0) {
			throw new Error("too many unknown clients");
		}
		group.misses--;
	}

	/** @param {string} clientID @param {string} origin @returns {Promise<boolean>} */
	async function askServer(clientID, origin) {
		const query = new URLSearchParams({ client_id: clientID, origin });
		const response = await fetch(`${settings.registered}?${query}`, {
			credentials: "omit",
			redirect: "error",
			signal: AbortSignal.timeout(5_000),
		});
		const { registered } = await response.json();
		if (typeof registered !== "boolean") {
			throw new Error("not an answer");
		}
		return registered;
	}

	/**
	 * Puts an entry at the end of a map and drops the first ones beyond a size.
	 * @template K, V @param {Map<K, V>} map @param {K} key @param {V} value @param {number} size
	 */
	function limit(map, key, value, size) {
		map.delete(key);
		map.set(key, value);
		for (const oldest of map.keys()) {
			if (map.size <= size) {
				break;
			}
			map.delete(oldest);
		}
	}

	const follow = followSession(settings, () => lookAgain());
	let looking = false;
	let lookOnceMore = false;

	/** Asks each caller's question again and tells those whose answer is another now. One run at a time, however many events call. */
	async function lookAgain() {
		follow(sessionsInForce());
		lookOnceMore = looking;
		if (looking) {
			return;
		}
		looking = true;
		do {
			lookOnceMore = false;
			for (const [source, caller] of [...callers]) {
				await lookAfter(source, caller);
			}
		} while (lookOnceMore);
		looking = false;
	}

	/** What is worth a stream: nothing while nobody asks, or nobody is signed on. */
	function sessionsInForce() {
		try {
			const { values, marks } = readCookies(callers.size > 0 ? document.cookie : "");
			return values.filter((value) => value !== "a" && isInForce(value, marks)).join(" ");
		} catch {
			return ""; // cookies are out of reach
		}
	}

	/** @param {Window} source @param {Caller} caller */
	async function lookAfter(source, caller) {
		if (source.closed) {
			callers.delete(source);
			return;
		}
		const verdict = await judgeAgain(caller);
		if (callers.get(source) !== caller) {
			return; // it asked something else meanwhile
		}
		const told = caller.answer;
		Object.assign(caller, verdict);
		if (verdict.answer !== told) {
			post(source, caller.origin, verdict.answer);
		}
	}

	/** @param {Caller} caller @returns {Promise<Verdict>} */
	async function judgeAgain(caller) {
		try {
			if (caller.cookies === document.cookie) {
				return caller;
			}
			return await judgeCookies(caller.question, caller.origin);
		} catch {
			return { answer: "error", cookies: null };
		}
	}

	/** The first bytes of SHA-256 over words with a space between each two, in base64url. Outside a secure context this throws. @param {string[]} words @param {number} bytes */
	async function sha256(words, bytes) {
		const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(words.join(" ")));
		const text = btoa(String.fromCharCode(...new Uint8Array(sum, 0, bytes)));
		return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
	}

	// Another tab writes cookies: at once. A cookie expires: no event tells, so look each second, and after every sleep.
	if ("cookieStore" in window) {
		cookieStore.addEventListener("change", lookAgain);
	}
	setInterval(lookAgain, 1_000);
	addEventListener("visibilitychange", lookAgain);
	addEventListener("pageshow", lookAgain);
})();
