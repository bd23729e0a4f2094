// What applications with openid-client do that prove themselves by certificates.
import { request } from "node:https";
import * as client from "openid-client";
import { Person } from "./person.js";
import { challenged, equal, refused, report, settings } from "./report.js";

const { issuer, redirect, certificates, answers } = settings;

// Fetches as the holder of a certificate, which the fetch of Node.js itself cannot.
const fetchWith = (certificate) => (url, { method, headers, body }) => new Promise((resolve, reject) => {
	const asked = request(url, { ...certificate, method, headers: Object.fromEntries(new Headers(headers)), agent: false }, (answer) => {
		const parts = [];
		answer.on("data", (part) => parts.push(part));
		answer.on("end", () => resolve(new Response(parts.length ? Buffer.concat(parts) : null, { status: answer.statusCode, headers: Object.entries(answer.headers).map(([name, value]) => [name, String(value)]) })));
	});
	asked.on("error", reject);
	asked.end(body && String(body));
});

// The application of an id, with a certificate.
const app = async (id, name) => client.discovery(new URL(issuer), id, {}, client.TlsClientAuth(), { [client.customFetch]: fetchWith(certificates[name]), execute: [client.enableNonRepudiationChecks] });

const checks = {
	"a certificate of the authority; tokens are bound to it": async () => {
		const config = await app("named", "named");
		equal(config.serverMetadata().tls_client_certificate_bound_access_tokens, true, "tls_client_certificate_bound_access_tokens");
		const verifier = client.randomPKCECodeVerifier();
		const state = client.randomState();
		const url = await client.buildAuthorizationUrlWithPAR(config, {
			redirect_uri: redirect, scope: "openid profile email offline_access", state, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
		});
		const back = await new Person(answers).go(url, redirect);
		const tokens = await client.authorizationCodeGrant(config, new URL(back.url), { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true });
		const { sub } = tokens.claims();
		equal((await client.fetchUserInfo(config, tokens.access_token, sub)).preferred_username, "ada", "userinfo");
		const fresh = await client.refreshTokenGrant(config, tokens.refresh_token);
		equal((await client.fetchUserInfo(config, fresh.access_token, sub)).preferred_username, "ada", "userinfo after the refresh");
		await challenged(client.fetchUserInfo(await app("named", "another"), fresh.access_token, sub), "invalid_token");
		await challenged(client.fetchUserInfo(await app("named", undefined), fresh.access_token, sub), "invalid_token");
	},
	"a certificate that signs itself": async () => {
		equal((await client.clientCredentialsGrant(await app("known", "known"), { scope: "read" })).scope, "read", "the scope");
	},
	"the certificates of others prove nothing": async () => {
		for (const [id, name] of [["named", "another"], ["named", "known"], ["named", "stranger"], ["named", undefined], ["known", "named"], ["known", "stranger"]]) {
			await refused(client.clientCredentialsGrant(await app(id, name), { scope: "read" }), "invalid_client");
		}
	},
};

await report(checks);
