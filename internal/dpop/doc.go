// Package dpop checks proofs of possession: that whoever uses a token, or asks for one, has the key that it is bound to.
//
// It owns what makes a proof good for one request and one moment, the nonces that proofs may have to bear, and the names of keys. Nonces are
// not stored: they follow from the time and a secret of the environment. A proof is good once.
//
// It decides nothing about tokens. Neighbours: packages op/token and op/userinfo ask, package replay remembers proofs.
package dpop
