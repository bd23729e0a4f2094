package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/keys"
)

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// forge signs header and claims with an own signature.
func forge(header, claims string, signature func(input []byte) []byte) string {
	input := encode(header) + "." + encode(claims)
	return input + "." + encode(string(signature([]byte(input))))
}

// forger has keys of its own.
type forger struct {
	t   *testing.T
	ec  *ecdsa.PrivateKey
	rsa *rsa.PrivateKey
}

func newForger(t *testing.T) *forger {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &forger{t: t, ec: ec, rsa: big}
}

func (f *forger) es256(input []byte) []byte {
	digest := sha256.Sum256(input)
	r, s, err := ecdsa.Sign(rand.Reader, f.ec, digest[:])
	if err != nil {
		f.t.Fatal(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func (f *forger) rs256(input []byte) []byte {
	digest := sha256.Sum256(input)
	signature, err := rsa.SignPKCS1v15(rand.Reader, f.rsa, crypto.SHA256, digest[:])
	if err != nil {
		f.t.Fatal(err)
	}
	return signature
}

// mac signs as HS256 with a secret.
func mac(secret []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		h := hmac.New(sha256.New, secret)
		h.Write(input)
		return h.Sum(nil)
	}
}

func TestAForgedTokenIsRefused(t *testing.T) {
	ring := open(t, openStore(t), keys.Options{}).Ring("env")
	es, rs := sign(t, ring, keys.ES256), sign(t, ring, keys.RS256)
	esKid, rsKid := kidOf(t, es), kidOf(t, rs)
	const evil = `{"sub":"eve"}`

	eve := newForger(t)
	nothing := func([]byte) []byte { return nil }
	// Signed by our own key, so that nothing but the rule refuses them.
	critical := signAs(t, ring, keys.TypeIDToken+`","crit":["exp"],"exp":"soon`, evil)
	giant := signAs(t, ring, keys.TypeIDToken, `{"sub":"`+strings.Repeat("e", 16<<10)+`"}`)
	parts := strings.Split(es, ".")

	for name, token := range map[string]string{
		"empty":                            "",
		"two parts":                        parts[0] + "." + parts[1],
		"four parts":                       es + ".x",
		"alg none":                         forge(`{"alg":"none","typ":"JWT","kid":"`+esKid+`"}`, evil, nothing),
		"alg none without a key":           forge(`{"alg":"none","typ":"JWT"}`, evil, nothing),
		"alg in capitals":                  forge(`{"alg":"NONE","typ":"JWT","kid":"`+esKid+`"}`, evil, nothing),
		"without a key id":                 forge(`{"alg":"ES256","typ":"JWT"}`, evil, eve.es256),
		"of an unknown key":                forge(`{"alg":"ES256","typ":"JWT","kid":"me"}`, evil, eve.es256),
		"of a key under our name":          forge(`{"alg":"ES256","typ":"JWT","kid":"`+esKid+`"}`, evil, eve.es256),
		"of an RSA key under our name":     forge(`{"alg":"RS256","typ":"JWT","kid":"`+rsKid+`"}`, evil, eve.rs256),
		"with its own key in the header":   forge(`{"alg":"ES256","typ":"JWT","kid":"`+esKid+`","jwk":`+public(t, eve.ec)+`}`, evil, eve.es256),
		"HS256 with the published set":     forge(`{"alg":"HS256","typ":"JWT","kid":"`+rsKid+`"}`, evil, mac(body(ring))),
		"HS256 with our public key as DER": forge(`{"alg":"HS256","typ":"JWT","kid":"`+rsKid+`"}`, evil, mac(der(t, ring, rsKid))),
		"RS256 under the ES256 key":        forge(`{"alg":"RS256","typ":"JWT","kid":"`+esKid+`"}`, evil, eve.rs256),
		"ES256 under the RS256 key":        forge(`{"alg":"ES256","typ":"JWT","kid":"`+rsKid+`"}`, evil, eve.es256),
		"a zero signature":                 forge(`{"alg":"ES256","typ":"JWT","kid":"`+esKid+`"}`, evil, func([]byte) []byte { return make([]byte, 64) }),
		"our signature as ASN.1":           parts[0] + "." + parts[1] + "." + asn1Of(t, parts[2]),
		"other claims":                     parts[0] + "." + encode(evil) + "." + parts[2],
		"another signature":                parts[0] + "." + parts[1] + "." + strings.Split(rs, ".")[2],
		"no signature":                     parts[0] + "." + parts[1] + ".",
		"a padded signature":               es + "==",
		"a space":                          es + " ",
		"a critical header":                critical,
		"giant":                            giant,
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time by the cache, if it were so
				if v, err := ring.Verify(token, keys.TypeIDToken); !errors.Is(err, keys.ErrToken) || v.Claims != nil {
					t.Errorf("got %+v, %v", v, err)
				}
			}
		})
	}
}

// The last characters of base64 hold spare bits: two texts would be one token, and one revoked or remembered text two.
func TestATokenHasOneSpelling(t *testing.T) {
	ring := open(t, openStore(t), keys.Options{}).Ring("env")
	token := sign(t, ring, keys.ES256)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	other := token[:len(token)-1] + string(alphabet[last^1])
	if _, err := ring.Verify(other, keys.TypeIDToken); !errors.Is(err, keys.ErrToken) {
		t.Errorf("got %v", err)
	}
}

func TestATokenPassesAsItsOwnKindOnly(t *testing.T) {
	ring := open(t, openStore(t), keys.Options{}).Ring("env")
	access, err := ring.Sign(keys.ES256, keys.TypeAccessToken, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time by the cache
		if _, err := ring.Verify(access, keys.TypeIDToken); !errors.Is(err, keys.ErrToken) {
			t.Errorf("an access token passes as an ID token: %v", err)
		}
		if _, err := ring.Verify(access, keys.TypeIDToken, keys.TypeAccessToken); err != nil {
			t.Error(err)
		}
	}
}

func TestATokenOfAnotherEnvironmentIsAStrangers(t *testing.T) {
	set := open(t, openStore(t), keys.Options{}, "one", "two")
	if _, err := set.Ring("two").Verify(sign(t, set.Ring("one"), keys.ES256), keys.TypeIDToken); !errors.Is(err, keys.ErrToken) {
		t.Errorf("got %v", err)
	}
}

func TestAnUnknownAlgorithmSignsNothing(t *testing.T) {
	ring := open(t, openStore(t), keys.Options{}).Ring("env")
	for _, alg := range []string{"", "none", "HS256", "ES384"} {
		if token, err := ring.Sign(alg, keys.TypeIDToken, []byte(`{}`)); err == nil {
			t.Errorf("%q signed %s", alg, token)
		}
	}
}

func signAs(t *testing.T, r *keys.Ring, typ, claims string) string {
	t.Helper()
	token, err := r.Sign(keys.ES256, typ, []byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func body(r *keys.Ring) []byte {
	b, _ := r.JWKS()
	return b
}

func der(t *testing.T, r *keys.Ring, kid string) []byte {
	t.Helper()
	set := published(t, r)
	b, err := x509.MarshalPKIXPublicKey(set.Key(kid)[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func public(t *testing.T, k *ecdsa.PrivateKey) string {
	t.Helper()
	b, err := json.Marshal(jose.JSONWebKey{Key: &k.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// asn1Of spells a signature the way that X.509 does.
func asn1Of(t *testing.T, signature string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	b, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	if err != nil {
		t.Fatal(err)
	}
	return encode(string(b))
}

func BenchmarkSignES256(b *testing.B) {
	ring := open(b, openStore(b), keys.Options{}).Ring("env")
	claims := []byte(`{"iss":"https://op.example/as","sub":"` + strings.Repeat("x", 300) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ring.Sign(keys.ES256, keys.TypeIDToken, claims); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyAgain(b *testing.B) {
	ring := open(b, openStore(b), keys.Options{}).Ring("env")
	token := sign(b, ring, keys.ES256)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ring.Verify(token, keys.TypeIDToken); err != nil {
			b.Fatal(err)
		}
	}
}
