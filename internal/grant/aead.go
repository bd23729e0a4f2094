package grant

import (
	"crypto/aes"
	"crypto/cipher"
)

// nonceSize is the length of an extended nonce: long enough to be drawn at random for every code ever made under one key.
const nonceSize = 24

// extended is AES-256-GCM with a 24-byte nonce: half of the nonce derives a key, the other half is the nonce under that key.
// With the 12-byte nonces of plain GCM a busy server would reach the safe number of random nonces within days.
//
// C2SP XAES-256-GCM: derivation by CMAC in counter mode, NIST SP 800-108.
type extended struct {
	block cipher.Block
	k1    [aes.BlockSize]byte // the first subkey of CMAC
}

func newExtended(key [32]byte) *extended {
	block, err := aes.NewCipher(key[:])
	if err != nil { // only a wrong key length fails
		panic("grant: " + err.Error())
	}
	x := &extended{block: block}
	block.Encrypt(x.k1[:], x.k1[:])
	carry := byte(0)
	for i := len(x.k1) - 1; i >= 0; i-- {
		next := x.k1[i] >> 7
		x.k1[i] = x.k1[i]<<1 | carry
		carry = next
	}
	x.k1[len(x.k1)-1] ^= carry * 0b10000111
	return x
}

// gcm gives the cipher for the first half of a nonce.
func (x *extended) gcm(nonce []byte) (cipher.AEAD, error) {
	var derived [32]byte
	for i := range 2 {
		half := derived[16*i : 16*i+16]
		copy(half, []byte{0, byte(i + 1), 'X', 0})
		copy(half[4:], nonce[:12])
		for j := range half {
			half[j] ^= x.k1[j]
		}
		x.block.Encrypt(half, half)
	}
	block, err := aes.NewCipher(derived[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal appends the sealed text to dst, which already holds the nonce wherever the caller wants it.
func (x *extended) seal(dst, nonce, plain, bound []byte) ([]byte, error) {
	g, err := x.gcm(nonce)
	if err != nil {
		return nil, err
	}
	return g.Seal(dst, nonce[12:nonceSize], plain, bound), nil
}

// open gives the plain text. ErrInvalid.
func (x *extended) open(nonce, sealed, bound []byte) ([]byte, error) {
	g, err := x.gcm(nonce)
	if err != nil {
		return nil, err
	}
	plain, err := g.Open(nil, nonce[12:nonceSize], sealed, bound)
	if err != nil {
		return nil, ErrInvalid
	}
	return plain, nil
}
