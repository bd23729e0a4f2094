// What an application of Angular's does with angular-oauth2-oidc. The address of the first page says how tokens are renewed: ?silent, in a frame, or
// else by the refresh token.
import "@angular/compiler";
import { provideHttpClient } from "@angular/common/http";
import { provideZonelessChangeDetection } from "@angular/core";
import { createApplication } from "@angular/platform-browser";
import { OAuthService, provideOAuthClient } from "angular-oauth2-oidc";

const { origin, pathname, search } = location;
sessionStorage.silent ??= String(search === "?silent");
const events = [];
let service;

async function begin() {
	const { injector } = await createApplication({ providers: [provideZonelessChangeDetection(), provideHttpClient(), provideOAuthClient()] });
	service = injector.get(OAuthService);
	service.configure({
		issuer: `http://auth.vigil.localhost:${location.port}/as`,
		requireHttps: false,
		clientId: "app",
		responseType: "code",
		scope: sessionStorage.silent === "true" ? "openid profile" : "openid profile offline_access",
		redirectUri: `${origin}/callback`,
		silentRefreshRedirectUri: `${origin}/silent`,
		postLogoutRedirectUri: `${origin}/app`,
		useSilentRefresh: sessionStorage.silent === "true",
		sessionChecksEnabled: true,
		sessionCheckIntervall: 200,
	});
	service.events.subscribe(({ type }) => events.push(type));
	return service.loadDiscoveryDocumentAndTryLogin();
}

window.app = {
	ready: pathname === "/silent" ? parent.postMessage(`#${search}`, origin) : begin().catch((cause) => events.push(JSON.stringify(cause))),
	events,
	signOn: () => service.initCodeFlow(),
	renew: async () => Boolean(sessionStorage.silent === "true" ? await service.silentRefresh() : await service.refreshToken()),
	who: async () => (await service.loadUserProfile()).info.preferred_username,
	isOn: () => service.hasValidAccessToken(),
	signOff: () => service.logOut(),
};
