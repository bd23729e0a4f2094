package notice_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/tenant"
)

// OIDC Back-Channel Logout 2.4, 2.6: an application that wants its ID tokens encrypted would refuse a logout token that is not.
func TestALogoutTokenIsEncryptedAsTheIDTokensOfItsApplicationAre(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), Use: "enc"}}})
	if err != nil {
		t.Fatal(err)
	}
	r := newReceiver(t, nil)
	w := newWorld(t, map[string]string{"app": r.URL}, func(e *tenant.Environment) {
		e.Applications[0].JWKS, e.Applications[0].Encryptions.IDToken = set, tenant.Encryption{Alg: "ECDH-ES"}
	})
	w.end(w.begin(1, "app"))
	w.round(time.Second)
	tokens := r.got()
	if len(tokens) != 1 {
		t.Fatalf("%d logout tokens arrived", len(tokens))
	}
	sealed, err := jose.ParseEncryptedCompact(tokens[0], []jose.KeyAlgorithm{"ECDH-ES"}, []jose.ContentEncryption{"A128CBC-HS256"})
	if err != nil {
		t.Fatal(err)
	}
	inside, err := sealed.Decrypt(private)
	if err != nil {
		t.Fatal(err)
	}
	if c := w.verify("app", string(inside)); c.Subject != "ada" || c.SID == "" {
		t.Errorf("%+v", c)
	}
}
