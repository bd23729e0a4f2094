// Package rehearsal plays the cases of flow tests in a real browser before a real server, to hold both against the stage of engine/flowtest.
//
// It owns the way to Chromium on an author's machine, the provider that is opened for one case (people, session, letters, a clock that the case moves,
// answers in the place of capabilities) and the comparison: the whole page at every step, the end, the session.
//
// A case that it cannot play is left out with the reason: parts, links opened on another device, passkeys, other identity providers, and what a
// browser says of itself. Those are held by tests of their own in internal/endtoend.
//
// Neighbours: engine/flowtest tells it each step; internal/server is what it plays before; cmd/vigil gives it to authors. It listens on 127.0.0.1 alone.
package rehearsal
