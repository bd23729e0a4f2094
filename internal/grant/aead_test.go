package grant

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// The vectors of C2SP XAES-256-GCM.
func TestTheCipherIsTheOneThatIsSpecified(t *testing.T) {
	for _, v := range []struct {
		key               byte
		plain, bound, out string
	}{
		{1, "XAES-256-GCM", "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "XAES-256-GCM", "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x := newExtended([32]byte(bytes.Repeat([]byte{v.key}, 32)))
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		sealed, err := x.seal(nil, nonce, []byte(v.plain), []byte(v.bound))
		if err != nil || hex.EncodeToString(sealed) != v.out {
			t.Errorf("key %d: got %x, %v", v.key, sealed, err)
		}
		if plain, err := x.open(nonce, sealed, []byte(v.bound)); err != nil || string(plain) != v.plain {
			t.Errorf("key %d: opens as %q, %v", v.key, plain, err)
		}
	}
}
