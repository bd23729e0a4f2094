// Package interop holds what clients of other people must be able to do with Vigil as they are published: Ping's @forgerock/davinci-client and
// @forgerock/oidc-client, in a real browser.
//
// It owns no code that serves. package.json pins the clients, `make deps` installs them, and the tests bundle them with esbuild; nothing of
// them is ever shipped. The pages of oidc-client-ts here are driven by package endtoend.
package interop
