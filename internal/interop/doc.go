// Package interop holds what clients of other people must be able to do with Vigil as they are published.
//
// In a real browser: Ping's @forgerock/davinci-client, @forgerock/oidc-client and @forgerock/javascript-sdk; @axa-fr/oidc-client and
// angular-oauth2-oidc, which watch the session; applications behind Apache's mod_auth_openidc. On Node.js: openid-client, oauth4webapi,
// express-openid-connect and Auth.js. In Go: go-oidc and x/oauth2.
//
// It owns no code that serves. package.json pins the clients, `make deps` installs them, and the tests bundle them with esbuild or run the
// programs in node/; nothing of them is ever shipped. The pages of oidc-client-ts here are driven by package endtoend.
package interop
