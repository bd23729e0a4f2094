// Package rehearsal plays the cases of flow tests in a real browser before a real server, to hold both against the stage of engine/flowtest.
//
// It owns the way to Chromium on an author's machine, the provider that is opened for one case (people, session, letters, a clock that the case moves,
// answers in the place of capabilities), and what stands around it: authenticators with passkeys, other identity providers, the second device that
// opens a link, a flow that calls a part, the address and the name that a browser has. It compares the whole page at every step, the end, the
// session, and what a part gave.
//
// A case that no browser can play is left out with the reason.
//
// Neighbours: engine/flowtest tells it each step; internal/server is what it plays before; cmd/vigil gives it to authors. It listens on 127.0.0.1 alone.
package rehearsal
