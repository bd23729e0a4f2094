// Package authenticator keeps what people registered to prove themselves with besides a password: authenticator apps, passkeys, recovery codes,
// browsers that are remembered.
//
// It owns the bucket authenticator: one record a person, which holds all of theirs, so that every change of one is a comparison and a write at
// once, and a person's are removed at once. Verbs: List, Add, Change, Remove; Held, Take and RemoveAll inside a transaction of the caller's.
// What a kind must remember of its own, such as a secret, is encrypted under the environment's root secret and bound to its place.
//
// It checks no codes and no signatures: the capabilities of flows do. Its neighbours are package keys, which gives the secret, and package
// directory, which removes a person.
package authenticator
