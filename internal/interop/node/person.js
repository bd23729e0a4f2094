// A person with a browser that knows cookies, redirects and forms, and no scripts.

const unescape = (text) => text.replace(/&(amp|lt|gt|quot|#34|#39|#43);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#34": '"', "#39": "'", "#43": "+" })[name]);
const attribute = (tag, name) => {
	const found = tag.match(new RegExp(`\\s${name}="([^"]*)"`));
	return found && unescape(found[1]);
};

// The form of a page: where it goes, and what it sends when the person gave those answers and pressed a button, the first unless one is named.
function fill(page, answers) {
	const form = page.match(/<form[\s\S]*?<\/form>/)?.[0];
	if (!form) {
		return null;
	}
	const body = new URLSearchParams();
	for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
		const name = attribute(tag, "name");
		const value = attribute(tag, "type") === "hidden" ? attribute(tag, "value") : answers[name] ?? attribute(tag, "value");
		if (name && value !== null && value !== undefined) {
			body.set(name, value);
		}
	}
	const button = form.match(/<button\b[^>]*>/)?.[0] ?? "";
	if (attribute(button, "name")) {
		body.set(attribute(button, "name"), answers.button ?? attribute(button, "value"));
	}
	return { action: attribute(form.match(/<form\b[^>]*>/)[0], "action"), body };
}

export class Person {
	#cookies = new Map();

	constructor(answers) {
		this.answers = answers;
	}

	async #ask(request) {
		const headers = new Headers(request.headers);
		headers.set("Cookie", [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "));
		headers.set("Accept", "text/html");
		const response = await fetch(request, { headers, redirect: "manual" });
		for (const line of setCookies(response.headers)) {
			const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
			if (/;\s*max-age=0\b/i.test(line) || value === "") {
				this.#cookies.delete(name);
			} else {
				this.#cookies.set(name, value);
			}
		}
		return response;
	}

	// Goes to an address and through all pages that come, until the browser would ask for an address that begins with `end`: gives that request.
	// Without an end it gives the text of the first page that asks nothing.
	async go(address, end, answers = this.answers) {
		let request = new Request(address);
		for (let steps = 0; steps < 20; steps++) {
			if (end && request.url.startsWith(end)) {
				return request;
			}
			const response = await this.#ask(request.clone());
			const location = response.headers.get("Location");
			if (location) {
				request = new Request(new URL(location, request.url));
				continue;
			}
			const page = await response.text();
			const form = fill(page, answers);
			if (!form) {
				if (!end) {
					return page;
				}
				throw new Error(`${request.url.slice(0, 100)} ends with ${response.status}: ${page.replace(/<[^>]*>|\s+/g, " ")}`);
			}
			const action = new URL(form.action ?? request.url, request.url);
			request = new Request(action, { method: "POST", body: form.body, headers: { Origin: action.origin } });
		}
		throw new Error(`no end of pages at ${request.url}`);
	}
}

// Node 18 has no getSetCookie: there the values stand in one line, and only a comma that a name and an equals sign follow parts them.
export function setCookies(headers) {
	return headers.getSetCookie?.() ?? (headers.get("set-cookie") ?? "").split(/, (?=[^ ;,=]+=)/).filter(Boolean);
}
