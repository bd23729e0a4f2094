// Package sealed encrypts what is stored: AES-256-GCM, bound to the place where it lies, so that it is read with the right key there and nowhere else.
//
// It owns the form: a nonce of twelve bytes, then the ciphertext. It draws nothing and keeps no keys: package keys derives them.
package sealed
