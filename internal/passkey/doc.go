// Package passkey speaks WebAuthn for the flows of environments: what a page asks of the browser's authenticator, and whether the answer holds.
//
// It owns no bucket and no route. What a page asked waits in the run (port Keep), a passkey is one of its owner's authenticators. Verbs: Ask for
// a page, Check and Add for the capabilities passkey.check and passkey.register. Every host has its own relying party id.
//
// It decides nothing about sessions and shows nothing: package flowhost puts what Ask gives into the page. Its neighbours are package
// authenticator, which keeps passkeys, and package directory, which knows their owners.
package passkey
