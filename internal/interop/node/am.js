// What applications with openid-client do that were written for ForgeRock AM.
import * as client from "openid-client";
import { Person } from "./person.js";
import { challenged, equal, must, refused, report, settings } from "./report.js";

const { am: issuer, redirect, bye, secret, answers } = settings;
const app = async (...execute) => client.discovery(new URL(issuer), "web", {}, client.ClientSecretBasic(secret), { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks, ...execute] });

async function signOn(config, who, more = {}) {
	const verifier = client.randomPKCECodeVerifier();
	const asked = {
		redirect_uri: redirect, scope: "openid profile email offline_access", code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
		state: client.randomState(), nonce: client.randomNonce(), ...more,
	};
	const back = await who.go(client.buildAuthorizationUrl(config, asked), redirect);
	return client.authorizationCodeGrant(config, new URL(back.url), { pkceCodeVerifier: verifier, expectedState: asked.state, expectedNonce: asked.nonce, idTokenExpected: true });
}

const checks = {
	"sign-on, userinfo, refresh, introspection, revocation": async () => {
		const config = await app();
		const tokens = await signOn(config, new Person(answers));
		const { sub } = tokens.claims();
		equal((await client.fetchUserInfo(config, tokens.access_token, sub)).preferred_username, "ada", "userinfo");
		const fresh = await client.refreshTokenGrant(config, tokens.refresh_token);
		equal(fresh.claims().sub, sub, "the subject after the refresh");
		equal((await client.tokenIntrospection(config, fresh.access_token)).active, true, "introspection");
		await client.tokenRevocation(config, fresh.refresh_token);
		equal((await client.tokenIntrospection(config, fresh.access_token)).active, false, "introspection after the revocation");
		await refused(client.refreshTokenGrant(config, fresh.refresh_token), "invalid_grant");
	},
	"code id_token, and JARM": async () => {
		const hybrid = await app(client.useCodeIdTokenResponseType);
		must((await signOn(hybrid, new Person(answers))).claims().sub, "a subject");
		const jarm = await app(client.useJwtResponseMode);
		must((await signOn(jarm, new Person(answers))).claims().sub, "a subject");
	},
	"sign-off": async () => {
		const config = await app();
		const who = new Person(answers);
		const tokens = await signOn(config, who);
		must((await signOn(config, who, { prompt: "none" })).claims().sub, "a subject by prompt=none");
		const back = await who.go(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: bye, state: "later" }), bye);
		equal(new URL(back.url).searchParams.get("state"), "later", "the state");
		await refused(signOn(config, who, { prompt: "none" }), "login_required");
		await challenged(client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), "invalid_token");
	},
};

await report(checks);
