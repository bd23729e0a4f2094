// Package clientkeys verifies what applications signed, client assertions and whatever else they sign with their registered keys, and
// encrypts to them what they want encrypted.
//
// It owns the JWK sets of applications, inline or fetched from the address that they registered: cached, bounded in size, number and time,
// fetched again when an unknown key appears, but not more often than an attacker may wish.
//
// It looks at no claim. Neighbours: package outbound fetches, package clientauth asks.
package clientkeys
