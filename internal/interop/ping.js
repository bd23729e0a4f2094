// An application as its authors write it with Ping's two clients: davinci-client shows the forms of a flow, oidc-client keeps the tokens.
import { davinci, fido } from "@forgerock/davinci-client";
import { oidc } from "@forgerock/oidc-client";
import { solve } from "../../static/sdk/effort.js";
import { CallbackType, Config, FRAuth, FRUser, FRWebAuthn, TokenManager, UserManager } from "@forgerock/javascript-sdk";

const wellknown = `http://auth.vigil.localhost:${location.port}/as/.well-known/openid-configuration`;
const config = { clientId: "ping", scope: "openid profile", redirectUri: `${location.origin}/callback`, serverConfig: { wellknown } };

// What programs have to add to the form: no collector of this version of the client takes it.
let work = {};
const requestMiddleware = [(request, action, next) => {
	if (action.type === "DAVINCI_NEXT") {
		const body = JSON.parse(request.body);
		Object.assign(body.parameters.data.formData, work);
		request.body = JSON.stringify(body);
		work = {};
	}
	next();
}];

let flow, client, bare;
const ready = (async () => {
	flow = await davinci({ config, requestMiddleware });
	client = await oidc({ config });
	// Without a redirect URI the session is asked for by fetch.
	bare = await oidc({ config: { ...config, redirectUri: undefined } });
})();

// What a node says, in short.
const told = (node) => ({
	status: node.status,
	name: node.client?.name,
	collectors: (node.client?.collectors ?? []).map(({ type, name, error }) => `${type} ${name}${error ? ` (${error})` : ""}`),
	error: node.error?.code,
	message: node.error?.message,
	fields: (node.error?.collectors ?? []).map(({ target }) => target),
	session: node.server?.session,
	code: node.client?.authorization?.code,
	state: node.client?.authorization?.state,
});

// The same application as it was written for ForgeRock AM: callbacks by fetch, tokens by oidc-client.
const am = {
	at: `http://auth.vigil.localhost:${location.port}/am/json/realms/root/realms/alpha`,
	post: async (path, body) => {
		const headers = { "Content-Type": "application/json", "Accept-API-Version": "protocol=1.0,resource=2.1", "X-Requested-With": "forgerock-sdk" };
		const response = await fetch(am.at + path, { method: "POST", credentials: "include", headers, body: body && JSON.stringify(body) });
		return response.json();
	},
	clients: async () => {
		const wellknown = `http://auth.vigil.localhost:${location.port}/am/oauth2/realms/root/realms/alpha/.well-known/openid-configuration`;
		const config = { clientId: "ping", scope: "openid profile", redirectUri: `${location.origin}/callback`, serverConfig: { wellknown } };
		return { full: await oidc({ config }), bare: await oidc({ config: { ...config, redirectUri: undefined } }) };
	},
	signOn: async (...values) => {
		const page = await am.post("/authenticate?authIndexType=service&authIndexValue=sign-on");
		page.callbacks.forEach((one, i) => { one.input[0].value = values[i] ?? one.input[0].value; });
		const { tokenId, realm } = await am.post("/authenticate", page);
		am.client ??= await am.clients();
		const { code, state } = await am.client.full.authorize.background();
		const tokens = await am.client.full.token.exchange(code, state);
		return { tokenId, realm, idToken: tokens.idToken };
	},
	session: async () => am.client.full.user.session(),
	sessionByFetch: async () => am.client.bare.user.session(),
	logout: async () => am.client.full.user.logout(),
	// The same with ForgeRock's SDK, which knows AM alone.
	sdk: {
		signOn: async (username, password) => {
			Config.set({
				clientId: "ping", redirectUri: `${location.origin}/callback`, scope: "openid profile", realmPath: "alpha", tree: "sign-on",
				serverConfig: { baseUrl: `http://auth.vigil.localhost:${location.port}/am/`, timeout: 5000 },
			});
			const step = await FRAuth.start();
			if (!("callbacks" in step)) {
				throw new Error("no first step");
			}
			step.getCallbackOfType(CallbackType.NameCallback).setInputValue(username);
			step.getCallbackOfType(CallbackType.PasswordCallback).setInputValue(password);
			const done = await FRAuth.next(step);
			return { type: done.type, message: "getMessage" in done ? done.getMessage() : undefined, realm: "getRealm" in done ? done.getRealm() : undefined };
		},
		// Begins the tree of keys, and signs on by a passkey, or by the password and a new passkey.
		keys: async (username, password) => {
			Config.set({
				clientId: "ping", redirectUri: `${location.origin}/callback`, scope: "openid profile", realmPath: "alpha", tree: "keys",
				serverConfig: { baseUrl: `http://auth.vigil.localhost:${location.port}/am/`, timeout: 5000 },
			});
			let step = await FRAuth.start();
			if (!("callbacks" in step)) {
				throw new Error("no first step");
			}
			const kinds = [FRWebAuthn.getWebAuthnStepType(step)];
			if (username) {
				step.getCallbackOfType(CallbackType.NameCallback).setInputValue(username);
				step.getCallbackOfType(CallbackType.PasswordCallback).setInputValue(password);
				step.getCallbackOfType(CallbackType.ConfirmationCallback).setOptionIndex(0);
				step = await FRAuth.next(step);
				kinds.push(FRWebAuthn.getWebAuthnStepType(step));
				step = await FRAuth.next(await FRWebAuthn.register(step));
			} else {
				step = await FRAuth.next(await FRWebAuthn.authenticate(step));
			}
			return { type: step.type, kinds, message: "getMessage" in step ? step.getMessage() : undefined };
		},
		tree: (tree) => Config.set({
			clientId: "ping", redirectUri: `${location.origin}/callback`, scope: "openid profile", realmPath: "alpha", tree,
			serverConfig: { baseUrl: `http://auth.vigil.localhost:${location.port}/am/`, timeout: 5000 },
		}),
		// Leaves for another provider; what the page offers on the way is told.
		leave: async (tree, provider) => {
			am.sdk.tree(tree);
			let step = await FRAuth.start();
			const choice = step.getCallbacksOfType(CallbackType.SelectIdPCallback)[0];
			const offered = choice?.getProviders().map((one) => one.provider) ?? [];
			if (choice) {
				choice.setProvider(provider);
				step = await FRAuth.next(step);
			}
			FRAuth.redirect(step);
			return offered;
		},
		// Goes on where the browser came back to.
		resume: async (tree) => {
			am.sdk.tree(tree);
			am.sdk.step = await FRAuth.resume(location.href);
			return am.sdk.told();
		},
		told: () => {
			const step = am.sdk.step;
			return { type: step.type, message: "getMessage" in step ? step.getMessage() : undefined, callbacks: step.callbacks?.map((one) => one.getType()), texts: step.callbacks?.map((one) => one.getOutputByName("message", "")) };
		},
		work: async (tree) => {
			am.sdk.tree(tree);
			am.sdk.step = await FRAuth.start();
			const asked = am.sdk.step.getCallbacksOfType(CallbackType.HiddenValueCallback).find((one) => one.getOutputByName("id", "") === "proofOfWork");
			asked.setInputValue(await solve(JSON.parse(asked.getOutputByName("value", ""))));
			return {};
		},
		local: async (username, password) => {
			am.sdk.step.getCallbackOfType(CallbackType.NameCallback).setInputValue(username);
			am.sdk.step.getCallbackOfType(CallbackType.PasswordCallback).setInputValue(password);
			am.sdk.step = await FRAuth.next(am.sdk.step);
			return am.sdk.told();
		},
		tokens: async () => TokenManager.getTokens({ forceRenew: true }),
		info: async () => UserManager.getCurrentUser(),
		logout: async () => { await FRUser.logout(); return {}; },
	},
};

window.ping = {
	am,
	ready,
	start: async (query) => told(await flow.start(query && { query })),
	// Gives values to the collectors of their names, and submits.
	submit: async (values) => {
		for (const [name, value] of Object.entries(values)) {
			const collector = flow.getCollectors().find((one) => one.name === name);
			const problem = flow.update(collector)(value);
			if (problem) {
				throw new Error(problem.error.message);
			}
		}
		return told(await flow.next());
	},
	// Has the browser's authenticator answer a passkey's collector, and submits.
	passkey: async (name) => {
		const collector = flow.getCollectors().find((one) => one.name === name);
		const { action, publicKeyCredentialCreationOptions: create, publicKeyCredentialRequestOptions: get } = collector.output.config;
		const made = action === "REGISTER" ? await fido().register(create) : await fido().authenticate(get);
		if (made.error) {
			throw new Error(made.message);
		}
		flow.update(collector)(made);
		return told(await flow.next());
	},
	// Leaves for another provider, and goes on where the browser came back to.
	leave: async (name) => {
		const problem = await flow.externalIdp()();
		if (problem) {
			throw new Error(problem.error.message);
		}
		location.assign(flow.getCollectors().find((one) => one.name === name).output.url);
		return {};
	},
	resume: async () => told(await flow.resume({ continueToken: new URLSearchParams(location.search).get("continueToken") })),
	// Does the work that the form asks of a program.
	work: async () => {
		const asked = flow.cache.getLatestResponse().data.form.components.fields.find(({ type }) => type === "METADATA");
		work = { [asked.key]: { answer: await solve(asked.payload) } };
		return work;
	},
	press: async (action) => told(await flow.flow({ action })()),
	// What a collector judges of a value before it is sent.
	judge: (name, value) => flow.validate(flow.getCollectors().find((one) => one.name === name))(value),
	label: () => flow.getCollectors().find(({ type }) => type === "ReadOnlyCollector")?.output.content,
	shown: (name) => flow.getCollectors().find((one) => one.name === name)?.input?.value,
	exchange: async (code, state) => client.token.exchange(code, state),
	info: async () => client.user.info(),
	background: async () => client.authorize.background(),
	renew: async () => client.token.get({ forceRenew: true }),
	pushed: async () => (await oidc({ config: { ...config, par: true } })).authorize.background({ prompt: "none" }),
	session: async (options) => client.user.session(options),
	sessionByFetch: async () => bare.user.session(),
	logout: async () => client.user.logout(),
};
