// node-oidc-provider as the bench drives it: the addresses and the applications of the other servers, everything in memory, ES256.
// It writes its address and ends with its stdin.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const issuer = "https://sso.example.com";

// All records of all models. The adapter that the package brings forgets all but the last thousand.
const records = new Map();
const byUid = new Map();
const byGrant = new Map();

class Memory {
	constructor(model) {
		this.model = model;
	}
	key(id) {
		return `${this.model}:${id}`;
	}
	async upsert(id, payload) {
		const key = this.key(id);
		records.set(key, payload);
		if (this.model === "Session") {
			byUid.set(payload.uid, key);
		}
		if (payload.grantId && this.model !== "Session") {
			byGrant.set(payload.grantId, (byGrant.get(payload.grantId) ?? new Set()).add(key));
		}
	}
	async find(id) {
		return records.get(this.key(id));
	}
	async findByUid(uid) {
		return records.get(byUid.get(uid));
	}
	async findByUserCode() {
		return undefined;
	}
	async consume(id) {
		records.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
	}
	async destroy(id) {
		records.delete(this.key(id));
	}
	async revokeByGrantId(grantId) {
		byGrant.get(grantId)?.forEach((key) => records.delete(key));
		byGrant.delete(grantId);
	}
}

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const usual = {
	redirect_uris: ["https://spa.example.com/callback"],
	post_logout_redirect_uris: ["https://spa.example.com/bye"],
	id_token_signed_response_alg: "ES256",
	response_types: ["code"],
};

const provider = new Provider(issuer, {
	adapter: Memory,
	clients: [
		{ ...usual, client_id: "spa", token_endpoint_auth_method: "none", grant_types: ["authorization_code"] },
		{ ...usual, client_id: "web", client_secret: "a secret of the bench's", token_endpoint_auth_method: "client_secret_post", grant_types: ["authorization_code", "refresh_token"] },
	],
	jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "bench" }] },
	cookies: { keys: ["a key of the bench's"] },
	routes: { authorization: "/as/authorize", token: "/as/token", end_session: "/as/signoff", introspection: "/as/introspect", pushed_authorization_request: "/as/par" },
	interactions: { url: (_, { uid }) => `${issuer}/signon/${uid}` },
	issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
	rotateRefreshToken: true,
	findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
	features: { devInteractions: { enabled: false }, introspection: { enabled: true }, pushedAuthorizationRequests: { enabled: true } },
	// Nobody is asked for consent.
	async loadExistingGrant({ oidc }) {
		const known = oidc.session.grantIdFor(oidc.client.clientId);
		if (known) {
			return oidc.provider.Grant.find(known);
		}
		const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
		grant.addOIDCScope("openid offline_access");
		await grant.save();
		return grant;
	},
});
provider.proxy = true;

// The page of the sign-on, and its answer.
async function signOn(request, response) {
	await provider.interactionDetails(request, response);
	if (request.method === "GET") {
		response.setHeader("Content-Type", "text/html; charset=utf-8");
		response.end('<!doctype html><form method="post"><input type="hidden" name="_version" value="1"><input name="username"><input name="password" type="password"><button name="_button" value="signOn">Sign on</button></form>');
		return;
	}
	let text = "";
	for await (const chunk of request) {
		text += chunk;
	}
	const form = new URLSearchParams(text);
	const number = form.get("username").replace("user", "");
	if (form.get("password") !== `correct horse ${number}`) {
		response.writeHead(401).end();
		return;
	}
	await provider.interactionFinished(request, response, { login: { accountId: form.get("username") } }, { mergeWithLastSubmission: false });
}

const answer = provider.callback();
const server = createServer((request, response) => {
	if (request.url.startsWith("/signon/")) {
		signOn(request, response).catch((cause) => response.writeHead(500).end(String(cause)));
		return;
	}
	answer(request, response);
});
server.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit()).resume();
