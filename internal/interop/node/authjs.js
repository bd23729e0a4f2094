// What applications with Auth.js do, which NextAuth, SvelteKitAuth and the like are made of.
import { Auth, skipCSRFCheck } from "@auth/core";
import { Person, setCookies } from "./person.js";
import { equal, must, report, settings } from "./report.js";

const { issuer, bye, secret, answers, initialToken } = settings;
const origin = "http://rp.example.localhost";

async function register(metadata) {
	const response = await fetch(`${issuer}/register`, {
		method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${initialToken}` },
		body: JSON.stringify({ redirect_uris: [`${origin}/auth/callback/vigil`], post_logout_redirect_uris: [bye], ...metadata }),
	});
	equal(response.status, 201, "the registration's status");
	return response.json();
}

// The application: what it answers to requests, the cookies that a browser keeps for it, and the ID token that it was given.
async function application(metadata, provider) {
	const { client_id: clientId, client_secret: clientSecret } = await register(metadata);
	const cookies = new Map();
	const app = {};
	const config = {
		basePath: "/auth", secret, trustHost: true, skipCSRFCheck, logger: { error() {}, warn() {}, debug() {} },
		providers: [{ id: "vigil", name: "Vigil", type: "oidc", issuer, clientId, clientSecret, ...provider }],
		callbacks: {
			jwt: ({ token, account }) => ({ ...token, ...(account && { idToken: account.id_token }) }),
			session: ({ session, token }) => ({ ...session, idToken: token.idToken }),
		},
	};
	app.ask = async (path, init = {}) => {
		const headers = { ...init.headers, Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
		const response = await Auth(new Request(new URL(path, origin), { ...init, headers }), config);
		for (const line of setCookies(response.headers)) {
			const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
			value === "" ? cookies.delete(name) : cookies.set(name, value);
		}
		return response;
	};
	// A sign-on as the button of a page begins it: gives the session that the application then has. Null: none.
	app.signOn = async (who, query = "") => {
		const begun = await app.ask(`/auth/signin/vigil${query}`, { method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" } });
		const back = await who.go(begun.headers.get("Location"), origin);
		const ended = await app.ask(back.url);
		must(ended.status === 302, `the callback answers ${ended.status}`);
		if (ended.headers.get("Location").includes("error=")) {
			throw new Error(back.url);
		}
		return app.session();
	};
	app.session = async () => (await app.ask("/auth/session")).json();
	app.signOff = () => app.ask("/auth/signout", { method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" } });
	return app;
}

const checks = {
	"a sign-on with PKCE, state and nonce, the session that follows, and a sign-off everywhere": async () => {
		const who = new Person(answers);
		const app = await application({}, { checks: ["pkce", "state", "nonce"], idToken: false, authorization: { params: { scope: "openid profile email" } } });
		equal(await app.session(), null, "the session before");
		const session = await app.signOn(who);
		equal(session.user.email, "ada@example.com", "the address of the person");
		await app.signOff();
		equal(await app.session(), null, "the session of the application afterwards");
		equal((await app.signOn(who, "?prompt=none")).user.email, "ada@example.com", "the person who comes back without a question");
		await app.signOff();
		await who.go(`${issuer}/signoff?${new URLSearchParams({ id_token_hint: session.idToken, post_logout_redirect_uri: bye })}`, bye);
		const refusal = await app.signOn(who, "?prompt=none").catch((cause) => cause);
		must(/error=login_required/.test(refusal), `after the sign-off: ${refusal}`);
	},
	"the secret in the body, and of the person what the ID token says": async () => {
		const metadata = { token_endpoint_auth_method: "client_secret_post", id_token_signed_response_alg: "ES256" };
		const claims = { id_token: { email: null } };
		const app = await application(metadata, { client: metadata, authorization: { params: { scope: "openid email", claims } } });
		equal((await app.signOn(new Person(answers))).user.email, "ada@example.com", "the address of the person");
	},
};

await report(checks);
