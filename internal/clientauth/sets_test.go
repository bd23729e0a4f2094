package clientauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/clientkeys"
)

// holds: oidcc-refresh-token-rp-key-rotation, oidcc-registration-jwks-uri
func TestKeysAreFetchedOnceAndAgainWhenAnUnknownOneAppears(t *testing.T) {
	b := newBench(t)
	next, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var fetches atomic.Int32
	var document atomic.Pointer[[]byte]
	publish := func(keys map[string]crypto.PublicKey) { d := set(t, keys); document.Store(&d) }
	publish(map[string]crypto.PublicKey{"ec": b.ec.Public()})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetches.Add(1)
		_, _ = w.Write(*document.Load())
	}))
	defer server.Close()
	b.keyed.JWKS, b.keyed.JWKSURL = nil, server.URL+"/jwks"
	accept := func(what, token string, want int32) {
		t.Helper()
		if _, fault := b.assert(token); fault != nil || fetches.Load() != want {
			t.Errorf("%s: %v, %d fetches, want %d", what, fault, fetches.Load(), want)
		}
	}
	rotated := func() string { return b.sign(jose.ES256, next, "next", "JWT", b.claims("keyed", nil)) }
	accept("the first", b.good(nil), 1)
	accept("the second", b.good(nil), 1)
	publish(map[string]crypto.PublicKey{"ec": b.ec.Public(), "next": next.Public()})
	if _, fault := b.assert(rotated()); fault == nil || fetches.Load() != 1 {
		t.Errorf("an unknown key causes a fetch at once: %v, %d fetches", fault, fetches.Load())
	}
	b.now = b.now.Add(31 * time.Second)
	accept("a new key", rotated(), 2)
	b.now = b.now.Add(11 * time.Minute)
	accept("after a while", rotated(), 3)
	server.Close()
	b.now = b.now.Add(time.Hour)
	accept("while the address does not answer", b.good(nil), 3)
	b.now = b.now.Add(24 * time.Hour)
	if _, fault := b.assert(b.good(nil)); fault == nil {
		t.Error("keys of yesterday are good although their address does not answer")
	}
}

func TestASetWithAPrivateWeakOrNoKeyIsNotUsed(t *testing.T) {
	b := newBench(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err == nil {
		if _, err := clientkeys.ParseSet(set(t, map[string]crypto.PublicKey{"weak": weak.Public()})); err == nil {
			t.Error("a key of 1024 bits is accepted")
		}
	}
	for what, document := range map[string]string{
		"nothing": "", "no keys": `{"keys":[]}`, "a list": `[]`, "a symmetric key": `{"keys":[{"kty":"oct","k":"AAAA"}]}`,
		"an unknown kind": `{"keys":[{"kty":"XYZ"}]}`,
	} {
		if _, err := clientkeys.ParseSet([]byte(document)); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	private, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: b.ec, KeyID: "ec"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clientkeys.ParseSet(private); err == nil {
		t.Error("a private key is accepted")
	}
}
