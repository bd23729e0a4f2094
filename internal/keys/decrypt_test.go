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

// encrypt makes a JWE as a stranger's library does.
func encrypt(t testing.TB, key any, kid, alg, enc string, o *jose.EncrypterOptions) string {
	t.Helper()
	maker, err := jose.NewEncrypter(jose.ContentEncryption(enc), jose.Recipient{Algorithm: jose.KeyAlgorithm(alg), Key: key, KeyID: kid, PBES2Count: 1000}, o)
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
				if got, err := ring.Decrypt(encrypt(t, key.Key, kid, alg, enc, nil)); err != nil || string(got) != `{"a":1}` {
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
	good := encrypt(t, ec.Key, ec.KeyID, keys.ECDHES, "A128GCM", nil)
	for name, token := range map[string]string{
		"RSA1_5":            encrypt(t, rsa.Key, rsa.KeyID, "RSA1_5", "A128GCM", nil),
		"RSA-OAEP":          encrypt(t, rsa.Key, rsa.KeyID, "RSA-OAEP", "A128GCM", nil),
		"dir":               encrypt(t, shared, "", "dir", "A128GCM", nil),
		"a password":        encrypt(t, shared, "", "PBES2-HS256+A128KW", "A128GCM", nil),
		"compressed":        encrypt(t, ec.Key, ec.KeyID, keys.ECDHES, "A128GCM", &jose.EncrypterOptions{Compression: jose.DEFLATE}),
		"to a stranger":     encrypt(t, stranger.Public(), "", keys.ECDHES, "A128GCM", nil),
		"under a wrong kid": encrypt(t, ec.Key, rsa.KeyID, keys.ECDHES, "A128GCM", nil),
		"A192GCM":           encrypt(t, ec.Key, ec.KeyID, keys.ECDHES, "A192GCM", nil),
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
	token := encrypt(t, key.Key, key.KeyID, keys.ECDHES, "A128GCM", nil)
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
	f.Add(encrypt(f, rsa.Key, rsa.KeyID, keys.RSAOAEP256, "A256GCM", nil))
	f.Add(encrypt(f, ec.Key, ec.KeyID, keys.ECDHES, "A128CBC-HS256", nil))
	f.Add(encrypt(f, ec.Key, "", "ECDH-ES+A256KW", "A128GCM", nil))
	f.Add(encrypt(f, ec.Key, ec.KeyID, keys.ECDHES, "A128GCM", &jose.EncrypterOptions{Compression: jose.DEFLATE}))
	f.Add("....")
	f.Fuzz(func(t *testing.T, token string) {
		content, err := ring.Decrypt(token)
		if err != nil && !errors.Is(err, keys.ErrEncrypted) {
			t.Errorf("%q: %q %v", token, content, err)
		}
	})
}
