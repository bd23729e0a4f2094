// An application as its authors write it with @axa-fr/oidc-client: one script for the page, the callback and the two silent pages.
import { OidcClient } from "@axa-fr/oidc-client";

const { origin, pathname, search } = location;
const client = OidcClient.getOrCreate(() => fetch)({
	client_id: "app",
	authority: `http://auth.vigil.localhost:${location.port}/as`,
	redirect_uri: `${origin}/callback`,
	silent_login_uri: `${origin}/silent-login`,
	silent_redirect_uri: `${origin}/silent`,
	scope: "openid profile",
	monitor_session: true,
});

// The names of all that the library tells, and what the check-session page said.
const events = [];
client.subscribeEvents((name) => events.push(name));
addEventListener("message", ({ data }) => events.push(data));

const pages = {
	"/app": async () => {},
	"/callback": async () => client.loginCallbackAsync(),
	"/silent-login": async () => client.loginAsync(null, Object.fromEntries(new URLSearchParams(search)), true),
	"/silent": async () => client.silentLoginCallbackAsync(),
};
const ready = pages[pathname]().then(() => true, (cause) => events.push(String(cause)));

window.app = {
	ready,
	events,
	signOn: () => void client.loginAsync("/app"),
	renew: async () => Boolean((await client.renewTokensAsync()).accessToken),
	who: async () => (await client.userInfoAsync(true)).preferred_username,
	signOff: () => void client.logoutAsync("/app"),
};
