// What applications with openid-client do.
import * as client from "openid-client";
import { Person } from "./person.js";
import { challenged, equal, must, refused, report, settings } from "./report.js";

const { issuer, redirect, bye, secret, answers } = settings;
const person = () => new Person(answers);
const plain = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] };
const privateKey = async (alg) => {
	const { key, kid } = settings.keys[alg];
	const { name, namedCurve } = { ES256: { name: "ECDSA", namedCurve: "P-256" }, EdDSA: { name: "Ed25519" } }[alg];
	return { key: await crypto.subtle.importKey("jwk", key, { name, namedCurve }, false, ["sign"]), kid };
};

// What is encrypted to the keys of an application is decrypted.
const opening = async (kid, alg) => {
	const algorithm = kid === "ECDH" ? { name: "ECDH", namedCurve: "P-256" } : { name: "RSA-OAEP", hash: "SHA-256" };
	const key = await crypto.subtle.importKey("jwk", settings.keys[kid].key, algorithm, false, kid === "ECDH" ? ["deriveBits"] : ["decrypt", "unwrapKey"]);
	return { key, kid, alg };
};
const sealed = async () => {
	const keys = await Promise.all([["ECDH", "ECDH-ES"], ["ECDH", "ECDH-ES+A128KW"], ["ECDH", "ECDH-ES+A256KW"], ["RSA-OAEP", "RSA-OAEP-256"]].map((one) => opening(...one)));
	return (config) => client.enableDecryptingResponses(config, undefined, ...keys);
};

// The application of an id, as its registration says.
async function app(id, ...execute) {
	const proofs = {
		web: () => client.ClientSecretBasic(secret), sealed: () => client.ClientSecretBasic(secret), vault: () => client.ClientSecretBasic(secret), post: () => client.ClientSecretPost(secret), shared: () => client.ClientSecretJwt(secret),
		keyed: async () => client.PrivateKeyJwt(await privateKey("ES256")), public: () => client.None(), tv: () => client.None(),
	};
	const metadata = { shared: { id_token_signed_response_alg: "PS256" }, post: { id_token_signed_response_alg: "RS256" } }[id] ?? {};
	return client.discovery(new URL(issuer), id, metadata, await proofs[id](), { ...plain, execute: [...plain.execute, ...execute] });
}

// A sign-on by code: gives the tokens. `build` makes the address of the request.
async function signOn(config, { parameters, who = person(), build = client.buildAuthorizationUrl, options, ...checks } = {}) {
	const verifier = client.randomPKCECodeVerifier();
	const asked = {
		redirect_uri: redirect, scope: "openid profile email", code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
		state: client.randomState(), nonce: client.randomNonce(), ...parameters,
	};
	const back = await who.go(await build(config, asked), redirect);
	const answer = back.method === "POST" ? back : new URL(back.url);
	return client.authorizationCodeGrant(config, answer, { pkceCodeVerifier: verifier, expectedState: asked.state, expectedNonce: asked.nonce, idTokenExpected: true, ...checks }, undefined, options);
}

async function knowsAda(config, tokens, options) {
	const claims = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, options);
	equal([claims.preferred_username, claims.email], ["ada", "ada@example.com"], "userinfo");
}

const checks = {
	"code, PKCE, state, nonce and issuer; userinfo": async () => {
		const config = await app("web");
		const tokens = await signOn(config, { maxAge: 600, parameters: { max_age: 600 } });
		must(tokens.claims().sid && tokens.claims().auth_time, "sid and auth_time are in the ID token");
		await knowsAda(config, tokens);
	},
	"a public client": async () => {
		const config = await app("public");
		await knowsAda(config, await signOn(config));
	},
	"the secret in the body, ID tokens by RS256": async () => {
		const config = await app("post");
		await knowsAda(config, await signOn(config));
	},
	"the secret as a signature, ID tokens by PS256": async () => {
		const config = await app("shared");
		await knowsAda(config, await signOn(config));
	},
	"form_post": async () => {
		const config = await app("web");
		await knowsAda(config, await signOn(config, { parameters: { response_mode: "form_post" } }));
	},
	"code id_token in the fragment": async () => {
		const config = await app("web", client.useCodeIdTokenResponseType);
		await knowsAda(config, await signOn(config));
	},
	"code id_token by form_post": async () => {
		const config = await app("web", client.useCodeIdTokenResponseType);
		await knowsAda(config, await signOn(config, { parameters: { response_mode: "form_post" } }));
	},
	"id_token alone": async () => {
		const config = await app("web", client.useIdTokenResponseType);
		const nonce = client.randomNonce();
		const state = client.randomState();
		const back = await person().go(client.buildAuthorizationUrl(config, { redirect_uri: redirect, scope: "openid profile", nonce, state }), redirect);
		const claims = await client.implicitAuthentication(config, new URL(back.url), nonce, { expectedState: state });
		equal(claims.preferred_username, "ada", "the name in the ID token");
	},
	"JARM, in the query and by form_post": async () => {
		const config = await app("web", client.useJwtResponseMode);
		await knowsAda(config, await signOn(config));
		await knowsAda(config, await signOn(config, { parameters: { response_mode: "form_post.jwt" } }));
	},
	"a pushed request": async () => {
		const config = await app("web");
		await knowsAda(config, await signOn(config, { build: client.buildAuthorizationUrlWithPAR }));
	},
	"private_key_jwt, signed request objects pushed, DPoP with nonces, signed userinfo": async () => {
		const config = await app("keyed");
		config.clientMetadata().userinfo_signed_response_alg = "EdDSA";
		const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
		const build = async (_, asked) => {
			const signed = await client.buildAuthorizationUrlWithJAR(config, asked, await privateKey("ES256"));
			return client.buildAuthorizationUrlWithPAR(config, { request: signed.searchParams.get("request") }, { DPoP });
		};
		const tokens = await signOn(config, { build, options: { DPoP }, parameters: { scope: "openid profile email offline_access" } });
		equal(tokens.token_type, "dpop", "the token's type");
		await knowsAda(config, tokens, { DPoP });
		const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
		await knowsAda(config, { ...fresh, claims: tokens.claims }, { DPoP });
		const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
		await challenged(client.fetchUserInfo(config, fresh.access_token, tokens.claims().sub, { DPoP: other }), "invalid_token");
	},
	"a signed request object in the address": async () => {
		const config = await app("web");
		const build = async (_, asked) => client.buildAuthorizationUrlWithJAR(config, asked, await privateKey("EdDSA"));
		await knowsAda(config, await signOn(config, { build }));
	},
	"refresh, introspection, revocation": async () => {
		const config = await app("web");
		const tokens = await signOn(config, { parameters: { scope: "openid profile email offline_access" } });
		const fresh = await client.refreshTokenGrant(config, tokens.refresh_token);
		must(fresh.refresh_token && fresh.refresh_token !== tokens.refresh_token, "the refresh token is another");
		equal(fresh.claims().sub, tokens.claims().sub, "the subject after the refresh");
		await knowsAda(config, fresh);
		const said = await client.tokenIntrospection(config, fresh.access_token);
		equal([said.active, said.client_id, said.sub], [true, "web", tokens.claims().sub], "introspection");
		await client.tokenRevocation(config, fresh.refresh_token);
		equal((await client.tokenIntrospection(config, fresh.access_token)).active, false, "introspection after the revocation");
		await refused(client.refreshTokenGrant(config, fresh.refresh_token), "invalid_grant");
	},
	"a device": async () => {
		const config = await app("tv");
		const begun = await client.initiateDeviceAuthorization(config, { scope: "openid profile email" });
		const polled = client.pollDeviceAuthorizationGrant(config, begun);
		const said = await person().go(begun.verification_uri_complete, null, { ...answers, user_code: begun.user_code });
		must(/signed on/i.test(said), said);
		await knowsAda(config, await polled);
	},
	"a device whose person says no": async () => {
		const config = await app("tv");
		const begun = await client.initiateDeviceAuthorization(config, { scope: "openid" });
		const polled = refused(client.pollDeviceAuthorizationGrant(config, begun), "access_denied");
		const who = person();
		await signOn(await app("public"), { who });
		await who.go(begun.verification_uri, null, { user_code: begun.user_code, button: "deny" });
		await polled;
	},
	"client credentials": async () => {
		const config = await app("web");
		const tokens = await client.clientCredentialsGrant(config, { scope: "read" });
		equal([tokens.scope, tokens.token_type], ["read", "bearer"], "the token");
	},
	"encrypted ID tokens and userinfo": async () => {
		for (const [id, encryption] of [["sealed", ["ECDH-ES+A256KW", "A256GCM"]], ["vault", ["RSA-OAEP-256", "A128CBC-HS256"]]]) {
			const config = await app(id, await sealed());
			const tokens = await signOn(config);
			const { alg, enc } = JSON.parse(atob(tokens.id_token.split(".")[0]));
			equal([alg, enc], encryption, "the encryption of the ID token");
			await knowsAda(config, tokens);
			const bare = await app(id);
			must(await signOn(bare).then(() => false, () => true), "what is encrypted is read without the key");
		}
	},
	"encrypted JARM and introspection": async () => {
		const config = await app("sealed", await sealed(), client.useJwtResponseMode);
		config.clientMetadata().introspection_signed_response_alg = "ES256";
		const tokens = await signOn(config);
		equal((await client.tokenIntrospection(config, tokens.access_token)).active, true, "introspection");
	},
	"an application registers itself, by either proof": async () => {
		const metadata = { client_name: "Notes", redirect_uris: [redirect], id_token_signed_response_alg: "ES256", token_endpoint_auth_method: "client_secret_post" };
		const config = await client.dynamicClientRegistration(new URL(issuer), metadata, undefined, { ...plain, initialAccessToken: settings.initialToken });
		await knowsAda(config, await signOn(config));
		const { alg, key: { d: _, ...key } } = { alg: "ES256", ...settings.keys.ES256 };
		const keyed = await client.dynamicClientRegistration(new URL(issuer), {
			redirect_uris: [redirect], id_token_signed_response_alg: "PS256", token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ ...key, alg, kid: alg, use: "sig" }] },
		}, client.PrivateKeyJwt(await privateKey("ES256")), { ...plain, initialAccessToken: settings.initialToken });
		await knowsAda(keyed, await signOn(keyed));
		await challenged(client.dynamicClientRegistration(new URL(issuer), metadata, undefined, { ...plain, initialAccessToken: "made up" }), "invalid_token");
	},
	"token exchange": async () => {
		const config = await app("web");
		const tokens = await signOn(config);
		const got = await client.genericGrantRequest(config, "urn:ietf:params:oauth:grant-type:token-exchange", {
			subject_token: tokens.access_token, subject_token_type: "urn:ietf:params:oauth:token-type:access_token", scope: "openid profile email",
		});
		equal([got.issued_token_type, got.scope], ["urn:ietf:params:oauth:token-type:access_token", "openid profile email"], "what was got");
		await knowsAda(config, { ...got, claims: tokens.claims });
	},
	"sign-off, and prompt=none before and after": async () => {
		const config = await app("web");
		const who = person();
		const tokens = await signOn(config, { who });
		const silent = () => signOn(config, { who, parameters: { prompt: "none" } });
		equal((await silent()).claims().sid, tokens.claims().sid, "the silent sign-on's session");
		const state = client.randomState();
		const back = await who.go(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: bye, state }), bye);
		equal(new URL(back.url).search, `?state=${state}`, "what the sign-off brings back");
		await refused(silent(), "login_required");
		await challenged(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), "invalid_token");
	},
	"a state, a nonce and a verifier that are not the request's are noticed": async () => {
		const config = await app("web");
		for (const [wrong, why] of [[{ expectedState: "another" }, /state/], [{ expectedNonce: "another" }, /nonce/], [{ pkceCodeVerifier: client.randomPKCECodeVerifier() }, /invalid_grant/]]) {
			const said = await signOn(config, wrong).then(() => "nothing", (cause) => `${cause.error} ${cause.message} ${cause.cause?.message}`);
			must(why.test(said), `${Object.keys(wrong)}: ${said}`);
		}
	},
};

await report(checks);
