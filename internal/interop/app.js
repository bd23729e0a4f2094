// An application as its authors write it with oidc-client-ts: settings, callback, silent sign-in, events. The address says how often it asks
// the check-session page: ?interval=SECONDS.
const interval = Number(sessionStorage.interval ?? new URLSearchParams(location.search).get("interval") ?? 1);
sessionStorage.interval = interval;
const clientId = { app1: "one", app2: "two" }[location.hostname.split(".")[0]];

const manager = new oidc.UserManager({
	authority: `http://auth.vigil.localhost:${location.port}/as`,
	client_id: clientId,
	redirect_uri: `${location.origin}/foreign`,
	silent_redirect_uri: `${location.origin}/foreign-silent`,
	post_logout_redirect_uri: `${location.origin}/foreign`,
	scope: "openid profile",
	loadUserInfo: true,
	monitorSession: true,
	checkSessionIntervalInSeconds: interval,
	automaticSilentRenew: false,
});

// All that was told, with the milliseconds since 1970; `answer` is what the check-session page said.
const events = [];
const note = (name, more = {}) => events.push({ name, at: Date.now(), ...more });
addEventListener("message", ({ origin, data }) => {
	if (origin === new URL(manager.settings.authority).origin) {
		note("answer", { answer: data });
	}
});
manager.events.addUserSignedOut(() => note("signedOut"));
manager.events.addUserSignedIn(() => note("signedIn"));
manager.events.addUserSessionChanged(() => note("sessionChanged"));

Object.assign(window, { manager, events, user: async () => (await manager.getUser())?.profile.preferred_username ?? null });

const answer = new URLSearchParams(location.search);
try {
	if (answer.has("code")) {
		await manager.signinCallback();
		history.replaceState(null, "", location.pathname);
	} else if (answer.has("state")) {
		await manager.signoutCallback();
		history.replaceState(null, "", location.pathname);
	} else if (!(await manager.getUser())) {
		await manager.signinSilent();
	}
	note("ready");
} catch (cause) {
	note("ready", { error: cause.error ?? String(cause) });
}
