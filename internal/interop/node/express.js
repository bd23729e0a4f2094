// What applications with express-openid-connect do, on a server of their own.
import { createServer } from "node:http";
import express from "express";
import openid from "express-openid-connect";
import { Person } from "./person.js";
import { equal, must, report, settings } from "./report.js";

const { issuer, secret, answers, initialToken } = settings;

// What express-session calls a store.
function store() {
	const kept = new Map();
	return {
		get: (id, done) => done(null, kept.get(id)),
		set: (id, value, done) => done(null, kept.set(id, value)),
		destroy: (id, done) => done(null, kept.delete(id)),
	};
}

// An application that listens, with where it is.
async function application() {
	const app = express();
	const server = createServer(app);
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	const origin = `http://127.0.0.1:${server.address().port}`;
	const response = await fetch(`${issuer}/register`, {
		method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${initialToken}` },
		body: JSON.stringify({
			redirect_uris: [`${origin}/callback`], post_logout_redirect_uris: [`${origin}/bye`], backchannel_logout_uri: `${origin}/backchannel-logout`,
			grant_types: ["authorization_code", "refresh_token"],
		}),
	});
	equal(response.status, 201, "the registration's status");
	const { client_id: clientID, client_secret: clientSecret } = await response.json();
	app.use(openid.auth({
		issuerBaseURL: issuer, baseURL: origin, clientID, clientSecret, secret, authRequired: false, idpLogout: true, backchannelLogout: { store: store() },
		session: { name: `session-${clientID}` }, transactionCookie: { name: `asked-${clientID}` }, // cookies know no ports
		routes: { postLogoutRedirect: `${origin}/bye` }, authorizationParams: { response_type: "code", scope: "openid profile email offline_access" },
	}));
	app.get("/me", openid.requiresAuth(), async (request, answer) => answer.json({ ...(await request.oidc.fetchUserInfo()), sid: request.oidc.idTokenClaims.sid }));
	app.get("/here", (request, answer) => answer.json({ here: request.oidc.isAuthenticated() }));
	app.get("/renew", openid.requiresAuth(), async (request, answer) => answer.json({ renewed: !!(await request.oidc.accessToken.refresh()).access_token }));
	app.use((error, _request, answer, _next) => answer.status(error.status ?? 500).json({ error: error.error ?? error.message }));
	return origin;
}

const read = async (who, address) => JSON.parse(await who.go(address));

const checks = {
	"a page behind a sign-on, userinfo, a renewal, and a sign-off that leads back": async () => {
		const origin = await application();
		const who = new Person(answers);
		const me = await read(who, `${origin}/me`);
		equal([me.preferred_username, me.email], ["ada", "ada@example.com"], "the person");
		equal(await read(who, `${origin}/renew`), { renewed: true }, "the renewal");
		await who.go(`${origin}/logout`, `${origin}/bye`);
		equal(await read(who, `${origin}/here`), { here: false }, "the session afterwards");
		const silent = await who.go(`${origin}/login`, `${issuer}/authorize`);
		const back = await who.go(`${silent.url}&prompt=none`, `${origin}/callback`);
		must(new URL(back.url).searchParams.get("error") === "login_required", `the provider's session afterwards: ${back.url}`);
	},
	"a sign-off in one application is heard by the server of the other": async () => {
		const [one, other] = await Promise.all([application(), application()]);
		const who = new Person(answers);
		equal((await read(who, `${other}/me`)).sid, (await read(who, `${one}/me`)).sid, "the session of both");
		equal(await read(who, `${other}/here`), { here: true }, "the other application before");
		await who.go(`${one}/logout`, `${one}/bye`);
		equal(await read(who, `${other}/here`), { here: false }, "the other application afterwards");
	},
};

await report(checks);
