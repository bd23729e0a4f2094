// What applications with oauth4webapi do, which leaves every step to them.
import { CompactEncrypt, importJWK } from "jose";
import * as oauth from "oauth4webapi";
import { Person } from "./person.js";
import { challenged, equal, must, refused, report, settings } from "./report.js";

const { issuer, redirect, bye, secret, answers } = settings;
const http = { [oauth.allowInsecureRequests]: true };
const person = () => new Person(answers);
const at = new URL(issuer);
const as = await oauth.processDiscoveryResponse(at, await oauth.discoveryRequest(at, http));

const signing = async (alg) => {
	const { key, kid } = settings.keys[alg];
	const algorithm = alg === "ES256" ? { name: "ECDSA", namedCurve: "P-256" } : { name: "Ed25519" };
	return { key: await crypto.subtle.importKey("jwk", key, algorithm, false, ["sign"]), kid };
};

const web = { client_id: "web" };
const opaque = { client_id: "opaque" };
const basic = oauth.ClientSecretBasic(secret);

function authorizeURL(parameters) {
	const url = new URL(as.authorization_endpoint);
	url.search = new URLSearchParams(parameters);
	return url;
}

// The parameters of a request by code, and the verifier.
async function request(client, more = {}) {
	const verifier = oauth.generateRandomCodeVerifier();
	return {
		verifier,
		parameters: {
			client_id: client.client_id, redirect_uri: redirect, response_type: "code", scope: "openid profile email offline_access",
			state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(),
			code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", ...more,
		},
	};
}

// Redeems an answer that was checked, and checks what came, its signature too.
async function redeem(client, proof, answer, { parameters, verifier }, options = {}) {
	const response = await oauth.authorizationCodeGrantRequest(as, client, proof, answer, redirect, verifier, { ...http, ...options });
	const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: parameters.nonce, requireIdToken: true });
	await oauth.validateApplicationLevelSignature(as, response, http);
	return tokens;
}

async function signOn(client, proof, who = person(), more = {}) {
	const asked = await request(client, more);
	const back = await who.go(authorizeURL(asked.parameters), redirect);
	return redeem(client, proof, oauth.validateAuthResponse(as, client, new URL(back.url), asked.parameters.state), asked);
}

const subject = (tokens) => oauth.getValidatedIdTokenClaims(tokens).sub;

async function knowsAda(client, access, expected, options = {}) {
	const response = await oauth.userInfoRequest(as, client, access, { ...http, ...options });
	const claims = await oauth.processUserInfoResponse(as, client, expected, response);
	equal(claims.preferred_username, "ada", "userinfo");
	return response;
}

async function introspect(client, token, more = {}) {
	const response = await oauth.introspectionRequest(as, client, basic, token, { ...http, ...more });
	return { response, said: await oauth.processIntrospectionResponse(as, client, response) };
}

// The secret as a signature, and the private key by either kind; which of them says the registration.
const proofs = {
	post: async () => oauth.ClientSecretPost(secret),
	shared: async () => oauth.ClientSecretJwt(secret),
	edwards: async () => oauth.PrivateKeyJwt(await signing("EdDSA")),
	elliptic: async () => oauth.PrivateKeyJwt(await signing("ES256")),
};

const checks = {
	"the document says what it must": async () => {
		equal(as.authorization_response_iss_parameter_supported, true, "authorization_response_iss_parameter_supported");
		for (const name of ["check_session_iframe", "end_session_endpoint", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint", "device_authorization_endpoint"]) {
			must(as[name]?.startsWith(issuer), `${name} is ${as[name]}`);
		}
		const oauth2 = await oauth.discoveryRequest(at, { ...http, algorithm: "oauth2" });
		equal((await oauth.processDiscoveryResponse(at, oauth2)).token_endpoint, as.token_endpoint, "the token endpoint of RFC 8414's document");
	},
	"code, PKCE, state, nonce and issuer; userinfo": async () => {
		const tokens = await signOn(web, basic);
		await knowsAda(web, tokens.access_token, subject(tokens));
	},
	"an access token is a JWT that resources verify": async () => {
		const tokens = await signOn(web, basic);
		const { aud } = JSON.parse(atob(tokens.access_token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
		const asked = new Request("https://api.example.com/", { headers: { Authorization: `Bearer ${tokens.access_token}` } });
		const claims = await oauth.validateJwtAccessToken(as, asked, [aud].flat()[0], http);
		equal([claims.client_id, claims.sub], ["web", subject(tokens)], "the claims");
	},
	"an answer of another issuer is noticed": async () => {
		const asked = await request(web);
		const back = new URL((await person().go(authorizeURL(asked.parameters), redirect)).url);
		equal(back.searchParams.get("iss"), issuer, "iss");
		back.searchParams.set("iss", "https://attacker.example.com");
		let noticed = "nothing";
		try {
			oauth.validateAuthResponse(as, web, back, asked.parameters.state);
		} catch (cause) {
			noticed = cause.message;
		}
		must(/iss/.test(noticed), noticed);
	},
	"code id_token, with c_hash": async () => {
		const asked = await request(web, { response_type: "code id_token" });
		const back = await person().go(authorizeURL(asked.parameters), redirect);
		const answer = await oauth.validateCodeIdTokenResponse(as, web, new URL(back.url), asked.parameters.nonce, asked.parameters.state, undefined, http);
		const tokens = await redeem(web, basic, answer, asked);
		await knowsAda(web, tokens.access_token, subject(tokens));
	},
	"JARM, in query, fragment and form": async () => {
		for (const mode of ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"]) {
			const asked = await request(web, { response_mode: mode });
			const back = await person().go(authorizeURL(asked.parameters), redirect);
			const { hash, searchParams } = new URL(back.url);
			const given = back.method === "POST" ? new URLSearchParams(await oauth.formPostResponse(back)) : hash ? new URLSearchParams(hash.slice(1)) : searchParams;
			equal([...given.keys()], ["response"], `what ${mode} brings`);
			const answer = await oauth.validateJwtAuthResponse(as, web, given, asked.parameters.state, http);
			const tokens = await redeem(web, basic, answer, asked);
			await knowsAda(web, tokens.access_token, subject(tokens));
		}
	},
	"every proof of a client, at the token endpoint and at PAR": async () => {
		for (const [id, name, alg] of [["post", "post", "RS256"], ["shared", "shared", "PS256"], ["signed", "edwards"], ["signed", "elliptic"]]) {
			const client = { client_id: id, id_token_signed_response_alg: alg };
			const proof = await proofs[name]();
			const asked = await request(client);
			const pushed = await oauth.pushedAuthorizationRequest(as, client, proof, asked.parameters, http);
			const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, pushed);
			const back = await person().go(authorizeURL({ client_id: id, request_uri }), redirect);
			const tokens = await redeem(client, proof, oauth.validateAuthResponse(as, client, new URL(back.url), asked.parameters.state), asked);
			await knowsAda(client, tokens.access_token, subject(tokens));
		}
	},
	"a signed request object, DPoP with nonces, signed userinfo": async () => {
		const keyed = { client_id: "keyed", userinfo_signed_response_alg: "EdDSA" };
		const proof = oauth.PrivateKeyJwt(await signing("ES256"));
		const options = { DPoP: oauth.DPoP(keyed, await oauth.generateKeyPair("EdDSA")) };
		const again = async (step) => {
			try {
				return await step();
			} catch (cause) {
				must(oauth.isDPoPNonceError(cause), String(cause));
				return step();
			}
		};
		const asked = await request(keyed);
		const object = await oauth.issueRequestObject(as, keyed, asked.parameters, await signing("EdDSA"));
		const { request_uri } = await again(async () => {
			const pushed = await oauth.pushedAuthorizationRequest(as, keyed, proof, { request: object }, { ...http, ...options });
			return oauth.processPushedAuthorizationResponse(as, keyed, pushed);
		});
		const back = await person().go(authorizeURL({ client_id: "keyed", request_uri }), redirect);
		const answer = oauth.validateAuthResponse(as, keyed, new URL(back.url), asked.parameters.state);
		const tokens = await again(() => redeem(keyed, proof, answer, asked, options));
		equal(tokens.token_type, "dpop", "the token's type");
		const response = await again(() => knowsAda(keyed, tokens.access_token, subject(tokens), options));
		await oauth.validateApplicationLevelSignature(as, response, http);
	},
	"request objects that are encrypted to the provider": async () => {
		const { keys } = await (await fetch(as.jwks_uri)).json();
		for (const [type, alg] of [["EC", "ECDH-ES"], ["EC", "ECDH-ES+A128KW"], ["RSA", "RSA-OAEP-256"]]) {
			const key = keys.find(({ kty, use }) => kty === type && use === "enc");
			must(key && as.request_object_encryption_alg_values_supported.includes(alg), `no key of type ${type} for ${alg}`);
			const asked = await request(web);
			const signed = await oauth.issueRequestObject(as, web, asked.parameters, await signing("ES256"));
			const object = await new CompactEncrypt(new TextEncoder().encode(signed)).setProtectedHeader({ alg, enc: "A256GCM", cty: "oauth-authz-req+jwt", kid: key.kid })
				.encrypt(await importJWK(key, alg));
			const back = await person().go(authorizeURL({ client_id: "web", request: object }), redirect);
			const tokens = await redeem(web, basic, oauth.validateAuthResponse(as, web, new URL(back.url), asked.parameters.state), asked);
			await knowsAda(web, tokens.access_token, subject(tokens));
		}
	},
	"an application registers itself, changes and leaves": async () => {
		const metadata = { client_name: "Notes", redirect_uris: [redirect], token_endpoint_auth_method: "client_secret_basic", grant_types: ["authorization_code", "refresh_token"], id_token_signed_response_alg: "ES256" };
		const client = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, metadata, { ...http, initialAccessToken: settings.initialToken }));
		const tokens = await signOn(client, oauth.ClientSecretBasic(client.client_secret));
		await knowsAda(client, tokens.access_token, subject(tokens));
		// RFC 7592, which the library leaves to the application.
		const manage = async (method, body) => fetch(client.registration_client_uri, {
			method, body: body && JSON.stringify(body), headers: { "Authorization": `Bearer ${client.registration_access_token}`, "Content-Type": "application/json" },
		});
		const read = await (await manage("GET")).json();
		equal([read.client_id, read.client_name], [client.client_id, "Notes"], "what was registered");
		const changed = await (await manage("PUT", { ...metadata, client_id: client.client_id, client_name: "Notes 2" })).json();
		equal(changed.client_name, "Notes 2", "the new name");
		client.registration_access_token = changed.registration_access_token ?? client.registration_access_token;
		equal((await manage("DELETE")).status, 204, "the status of the deletion");
		equal((await manage("GET")).status, 401, "the status afterwards");
		await challenged(knowsAda(client, tokens.access_token, subject(tokens)), "invalid_token");
	},
	"opaque access tokens; refresh; introspection plain and signed; revocation": async () => {
		const first = await signOn(opaque, basic);
		must(!first.access_token.includes("."), "the access token is opaque");
		const refreshed = await oauth.refreshTokenGrantRequest(as, opaque, basic, first.refresh_token, http);
		const tokens = await oauth.processRefreshTokenResponse(as, opaque, refreshed);
		await knowsAda(opaque, tokens.access_token, subject(first));
		const { said } = await introspect(opaque, tokens.access_token);
		equal([said.active, said.sub, said.iss], [true, subject(first), issuer], "introspection");
		const signed = await introspect(opaque, tokens.access_token, { requestJwtResponse: true });
		equal([signed.response.headers.get("Content-Type"), signed.said.active], ["application/token-introspection+jwt", true], "signed introspection");
		await oauth.validateApplicationLevelSignature(as, signed.response, http);
		await oauth.processRevocationResponse(await oauth.revocationRequest(as, opaque, basic, tokens.refresh_token, http));
		equal((await introspect(opaque, tokens.access_token)).said.active, false, "introspection after the revocation");
	},
	"a refresh token that was used before ends them all": async () => {
		const client = { client_id: "strict" };
		const refresh = async (token) => oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, basic, token, http));
		const first = await signOn(client, basic);
		const second = await refresh(first.refresh_token);
		await refused(refresh(first.refresh_token), "invalid_grant");
		await refused(refresh(second.refresh_token), "invalid_grant");
	},
	"a device": async () => {
		const tv = { client_id: "tv" };
		const begun = await oauth.processDeviceAuthorizationResponse(as, tv, await oauth.deviceAuthorizationRequest(as, tv, oauth.None(), { scope: "openid profile" }, http));
		const poll = async () => oauth.processDeviceCodeResponse(as, tv, await oauth.deviceCodeGrantRequest(as, tv, oauth.None(), begun.device_code, http));
		await refused(poll(), "authorization_pending");
		await person().go(begun.verification_uri, null, { ...answers, user_code: begun.user_code.toLowerCase() });
		await new Promise((resolve) => { setTimeout(resolve, 1000 * begun.interval); });
		const tokens = await poll();
		await knowsAda(tv, tokens.access_token, subject(tokens));
		await refused(poll(), "invalid_grant");
	},
	"client credentials, and a wrong secret": async () => {
		const grant = async (proof) => oauth.processClientCredentialsResponse(as, web, await oauth.clientCredentialsGrantRequest(as, web, proof, { scope: "read" }, http));
		equal((await grant(basic)).scope, "read", "the scope");
		await challengedOrRefused(grant(oauth.ClientSecretBasic("another")));
	},
	"sign-off": async () => {
		const who = person();
		const tokens = await signOn(web, basic, who);
		const url = new URL(as.end_session_endpoint);
		url.search = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: bye, state: "later" });
		equal((await who.go(url, bye)).url, `${bye}?state=later`, "where the sign-off leads");
		await refused(signOn(web, basic, who, { prompt: "none" }), "login_required");
		await challenged(knowsAda(web, tokens.access_token, subject(tokens)), "invalid_token");
	},
};

// RFC 6749 5.2: whoever tried Basic is told of it in the header too.
async function challengedOrRefused(promise) {
	const cause = await promise.then(() => "nothing", (cause) => cause);
	const header = cause.cause?.[0]?.scheme;
	must(cause.error === "invalid_client" || header === "basic", `a wrong secret: ${cause.message}`);
}

await report(checks);
