/** What the page shows. It asks nobody anything; app.js tells it. */

/** @typedef {import("../sdk/vigil.js").SignInResult} SignInResult */
/** @typedef {import("../sdk/vigil.js").User} User */

const logLength = 200;
const slack = 1_500; // milliseconds: countdowns are kept in whole seconds
const lowTide = 30; // seconds left from which the countdown calls for attention

/** @type {Record<string, string>} */
const news = {
	signedOff: "You were signed off in another window.",
	timedOut: "The session idled out: nobody was active for long enough.",
	ended: "The session ended: a sign-off elsewhere, or nobody was active.",
	signedOn: "You signed on in another window.",
	otherUser: "Another person signed on in this browser.",
};

export function createView() {
	/** @param {string} id */
	const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
	/** When the session ends without activity, in milliseconds since 1970, and how long it may idle. @type {{at: number, of: number} | null} */
	let deadline = null;
	/** Whether the session has outlived the deadline that this page knew of. */
	let outlived = false;
	/** @type {{at: number, count: number} | null} */
	let heard = null;
	let title = "Vigil";

	/** @param {User} user */
	const nameOf = (user) => user.name ?? user.preferred_username ?? user.email ?? user.sub;

	/** @param {string} state */
	function setState(state) {
		document.body.dataset.state = state;
		const on = state === "on";
		for (const [id, shown] of Object.entries({ "sign-in": state === "off", active: on, "sign-off": on, switch: on })) {
			const hadFocus = document.activeElement === part(id);
			part(id).hidden = !shown;
			if (!shown && hadFocus) {
				part("who").focus(); // or the focus of a keyboard would be lost
			}
		}
	}

	function tick() {
		const left = deadline && Math.max(0, (deadline.at - Date.now()) / 1000);
		part("ring").setAttribute("stroke-dasharray", `${deadline && left ? Math.min(100, (left / deadline.of) * 100) : 0} 100`);
		part("countdown").textContent = left !== null ? clock(Math.ceil(left)) : outlived ? "" : "–:––";
		part("countdown-note").textContent = note(left);
		document.body.classList.toggle("low", left !== null && left <= lowTide);
		if (heard) {
			part("heard").textContent = ago((performance.now() - heard.at) / 1000);
		}
	}

	/** @param {number | null} left */
	function note(left) {
		if (document.body.dataset.state !== "on") {
			return "no session to count";
		}
		if (outlived) {
			return "kept alive by another application";
		}
		if (left === null) {
			return "press “I am active” to learn how long it may idle";
		}
		return "until the session idles out";
	}

	drawTicks(part("ticks"));
	setInterval(tick, 250);

	return {
		nameOf,

		/** @param {import("./app.js").Config} config */
		introduce({ name, accent, other }) {
			title = name;
			document.title = name;
			part("name").textContent = name;
			document.documentElement.style.setProperty("--accent", accent);
			const link = /** @type {HTMLAnchorElement} */ (part("other"));
			link.href = other.url;
			link.textContent = `Open ${other.name}`;
			link.hidden = false;
		},

		/** @param {string} id @param {() => unknown} action */
		on(id, action) {
			part(id).addEventListener("click", action);
		},

		/** Shows who is signed on. @param {SignInResult} result @param {string} [reason] what brought it about, if not this page */
		show({ user, signedOff }, reason) {
			part("who").textContent = user ? nameOf(user) : "Nobody is signed on";
			part("news").textContent = reason ? (news[reason] ?? "") : signedOff ? "You signed off." : "";
			part("since").textContent = user ? timeOf(user.auth_time ? new Date(user.auth_time * 1000) : new Date()) : "–";
			document.title = user ? `${title}: ${nameOf(user)}` : title;
			deadline = null;
			outlived = false;
			setState(user ? "on" : "off");
			tick();
		},

		/** @param {string} message */
		trouble(message) {
			part("news").textContent = message;
		},

		/** The session goes on for so long. @param {number} seconds */
		idle(seconds) {
			deadline = { at: Date.now() + seconds * 1000, of: seconds };
			outlived = false;
			tick();
		},

		/** How the session ended, as far as the countdown can tell. */
		ending() {
			if (deadline === null) {
				return "ended";
			}
			return deadline.at - Date.now() < slack ? "timedOut" : "signedOff";
		},

		/** @param {{answer: string, latency: number | null}} event */
		answer({ answer, latency }) {
			if (answer === "unchanged" && deadline && Date.now() - deadline.at > slack) {
				deadline = null;
				outlived = true;
			}
			heard = { at: performance.now(), count: (heard?.count ?? 0) + 1 };
			document.body.dataset.answer = answer;
			part("answer").textContent = answer;
			part("latency").textContent = latency === null ? "unasked" : duration(latency);
			part("answers").textContent = String(heard.count);
			tick();
		},

		/** @param {string} kind a class of app.css @param {string} text @param {number | null} [latency] milliseconds */
		log(kind, text, latency = null) {
			const list = part("log");
			const entry = document.createElement("li");
			entry.className = kind;
			const time = document.createElement("time");
			const now = new Date();
			time.dateTime = now.toISOString();
			time.textContent = timeOf(now);
			const what = document.createElement("span");
			what.textContent = text;
			entry.append(time, what);
			if (latency !== null) {
				const took = document.createElement("span");
				took.className = "took";
				took.textContent = duration(latency);
				entry.append(took);
			}
			list.prepend(entry);
			while (list.children.length > logLength) {
				list.lastElementChild?.remove();
			}
		},
	};
}

/** @param {Element} group */
function drawTicks(group) {
	for (let n = 0; n < 60; n++) {
		const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
		line.setAttribute("d", n % 5 ? "M120 24v3" : "M120 23v7");
		line.setAttribute("transform", `rotate(${n * 6} 120 120)`);
		group.append(line);
	}
}

/** @param {number} seconds */
function clock(seconds) {
	const hours = Math.floor(seconds / 3600);
	const minutes = Math.floor((seconds % 3600) / 60);
	const rest = `${String(seconds % 60).padStart(2, "0")}`;
	return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** @param {number} seconds */
const ago = (seconds) => (seconds < 60 ? `${seconds.toFixed(1)} s ago` : `${Math.floor(seconds / 60)} min ago`);

/** @param {number} milliseconds */
const duration = (milliseconds) => (milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`);

/** @param {Date} date */
const timeOf = (date) => date.toLocaleTimeString("en-GB");
