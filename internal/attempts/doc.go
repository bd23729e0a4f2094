// Package attempts counts wrong passwords and locks, for a while, whoever guesses: the name that was typed, and the
// address it came from (of IPv6 the /64).
//
// It owns the bucket attempt. Verbs: Reserve before a password is checked, then exactly one of Failed, Succeeded and
// Release; Unlock for operators; Prune for the background.
//
// A guess takes its place before it is checked, so parallel guesses cannot slip past the limit. Names are counted as
// typed (folded by the caller) and stored as a digest, whether or not they are anybody's: a lock tells nothing about who
// exists, nor which name and e-mail address belong together. Anybody can lock a name for a while; that is the price.
// A guess at a locked name is not checked, and is one more wrong guess of its address.
// Success clears the name, never the address. Locks double while the guessing goes on. Everything is in the store: a
// restart forgets nothing, and nodes count together.
//
// Storage is bounded by how fast passwords can be checked: a name costs about 40 bytes for two to four hours.
//
// It does not check passwords (package password) nor find users (package directory).
package attempts
