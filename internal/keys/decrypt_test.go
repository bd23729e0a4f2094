package keys_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/keys"
)

// way is how something is encrypted.
type way struct {
	key      any
	kid, alg string
	enc      string
	zip      jose.CompressionAlgorithm
}

// encrypt makes a JWE as a stranger's library does.
func encrypt(t testing.TB, w way) string {
	t.Helper()
	to := jose.Recipient{Algorithm: jose.KeyAlgorithm(w.alg), Key: w.key, KeyID: w.kid, PBES2Count: 1000}
	maker, err := jose.NewEncrypter(jose.ContentEncryption(w.enc), to, &jose.EncrypterOptions{Compression: w.zip})
	if err != nil {
		t.Fatal(err)
	}
	made, err := maker.Encrypt([]byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	token, err := made.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// openingKey is the published key that fits an algorithm.
func openingKey(t testing.TB, r *keys.Ring, alg string) jose.JSONWebKey {
	t.Helper()
	for _, k := range published(t, r).Keys {
		_, curved := k.Key.(*ecdsa.PublicKey)
		if k.Use == "enc" && curved == strings.HasPrefix(alg, "ECDH") {
			return k
		}
	}
	t.Fatalf("no key for %s is published", alg)
	return jose.JSONWebKey{}
}

func TestWhatAStrangersLibraryEncryptsToAPublishedKeyIsRead(t *testing.T) {
	ring := open(t, openStore(t), keys.Options{Encryption: true}).Ring("env")
	for _, alg := range keys.KeyManagement() {
		for _, enc := range keys.ContentEncryption() {
			key := openingKey(t, ring, alg)
			for _, kid := range []string{key.KeyID, ""} {
				if got, err := ring.Decrypt(encrypt(t, way{key.Key, kid, alg, enc, ""})); err != nil || string(got) != `{"a":1}` {
					t.Errorf("%s %s: %q %v", alg, enc, got, err)
				}
			}
		}
	}
}

func TestWhatIsEncryptedInAnotherWayIsNotRead(t *testing.T) {
	ring := open(t, openStore(t), keys.Options{Encryption: true}).Ring("env")
	rsa, ec := openingKey(t, ring, keys.RSAOAEP256), openingKey(t, ring, keys.ECDHES)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shared := []byte("0123456789abcdef")
	good := encrypt(t, way{ec.Key, ec.KeyID, keys.ECDHES, "A128GCM", ""})
	for name, token := range map[string]string{
		"RSA1_5":            encrypt(t, way{rsa.Key, rsa.KeyID, "RSA1_5", "A128GCM", ""}),
		"RSA-OAEP":          encrypt(t, way{rsa.Key, rsa.KeyID, "RSA-OAEP", "A128GCM", ""}),
		"dir":               encrypt(t, way{shared, "", "dir", "A128GCM", ""}),
		"a password":        encrypt(t, way{shared, "", "PBES2-HS256+A128KW", "A128GCM", ""}),
		"compressed":        encrypt(t, way{ec.Key, ec.KeyID, keys.ECDHES, "A128GCM", jose.DEFLATE}),
		"to a stranger":     encrypt(t, way{stranger.Public(), "", keys.ECDHES, "A128GCM", ""}),
		"under a wrong kid": encrypt(t, way{ec.Key, rsa.KeyID, keys.ECDHES, "A128GCM", ""}),
		"A192GCM":           encrypt(t, way{ec.Key, ec.KeyID, keys.ECDHES, "A192GCM", ""}),
		"changed":           good[:len(good)-4] + "AAAA",
		"long":              good + strings.Repeat("A", 40<<10),
		"a signature":       sign(t, ring, keys.ES256),
		"nothing":           "....",
	} {
		if _, err := ring.Decrypt(token); !errors.Is(err, keys.ErrEncrypted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ring.Decrypt(good); err != nil {
		t.Error(err)
	}
}

// Whoever still has the set of before encrypts to a retired key; nobody finds it any more.
func TestARetiredKeyIsPublishedNoMoreAndStillOpens(t *testing.T) {
	set := open(t, openStore(t), keys.Options{Encryption: true, Schedule: quarterly()})
	ring := set.Ring("env")
	key := openingKey(t, ring, keys.ECDHES)
	token := encrypt(t, way{key.Key, key.KeyID, keys.ECDHES, "A128GCM", ""})
	rotate(t, set, start)
	if _, err := ring.Decrypt(token); err != nil || strings.Contains(jwksOf(set), key.KeyID) {
		t.Errorf("the retired key: %v, published: %v", err, strings.Contains(jwksOf(set), key.KeyID))
	}
	advance(t, set, start.Add(31*day))
	if _, err := ring.Decrypt(token); err == nil {
		t.Error("a forgotten key opens")
	}
}

func TestAKeyToEncryptToSignsNothing(t *testing.T) {
	ring := open(t, openStore(t), keys.Options{Encryption: true}).Ring("env")
	for _, alg := range []string{keys.RSAOAEP256, keys.ECDHES} {
		if _, err := ring.Sign(alg, keys.TypeIDToken, []byte("{}")); err == nil {
			t.Errorf("%s signs", alg)
		}
	}
}

func FuzzDecrypt(f *testing.F) {
	ring := open(f, openStore(f), keys.Options{Encryption: true}).Ring("env")
	rsa, ec := openingKey(f, ring, keys.RSAOAEP256), openingKey(f, ring, keys.ECDHES)
	f.Add(encrypt(f, way{rsa.Key, rsa.KeyID, keys.RSAOAEP256, "A256GCM", ""}))
	f.Add(encrypt(f, way{ec.Key, ec.KeyID, keys.ECDHES, "A128CBC-HS256", ""}))
	f.Add(encrypt(f, way{ec.Key, "", "ECDH-ES+A256KW", "A128GCM", ""}))
	f.Add(encrypt(f, way{ec.Key, ec.KeyID, keys.ECDHES, "A128GCM", jose.DEFLATE}))
	f.Add("....")
	f.Fuzz(func(t *testing.T, token string) {
		content, err := ring.Decrypt(token)
		if err != nil && !errors.Is(err, keys.ErrEncrypted) {
			t.Errorf("%q: %q %v", token, content, err)
		}
	})
}
