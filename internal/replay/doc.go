// Package replay remembers what may be used once: client assertions and proofs of possession, by their jti.
//
// It owns the bucket `seen`. What is remembered is forgotten when it would be refused for its age anyhow; background prunes it by time.
//
// It reads no token. Neighbours: package clientauth and package dpop ask.
package replay
