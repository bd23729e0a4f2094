package clientkeys_test

import (
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/clientkeys"
)

const (
	signing   = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"signs","use":"sig"}`
	curve     = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"%"}`
	symmetric = `{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`
	private   = `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
)

// named is the curve's key under a name, with further members.
func named(kid, members string) string {
	return strings.TrimSuffix(strings.Replace(curve, "%", kid, 1), "}") + members + "}"
}

func set(keys ...string) []byte { return []byte(`{"keys":[` + strings.Join(keys, ",") + `]}`) }

// OIDC Core 10.2: by use and algorithm; what says what it is for comes before what leaves it open.
func TestTheKeyToEncryptToIsTheOneThatSaysSo(t *testing.T) {
	for _, c := range []struct {
		document []byte
		alg, kid string
	}{
		{set(signing, named("open", ""), named("said", `,"use":"enc"`), named("exact", `,"use":"enc","alg":"ECDH-ES"`)), "ECDH-ES", "exact"},
		{set(named("open", ""), named("said", `,"use":"enc"`), named("exact", `,"use":"enc","alg":"ECDH-ES+A128KW"`)), "ECDH-ES", "said"},
		{set(named("open", "")), "ECDH-ES+A256KW", "open"},
		{set(named("signs", `,"use":"sig"`)), "ECDH-ES", ""},
		{set(named("open", "")), "RSA-OAEP-256", ""},
		{set(signing), "ECDH-ES", ""},
	} {
		parsed, err := clientkeys.ParseSet(c.document)
		if err != nil {
			t.Fatal(err)
		}
		got := clientkeys.Recipient(parsed, c.alg)
		if (got == nil) != (c.kid == "") || got != nil && got.KeyID != c.kid {
			t.Errorf("%s of %s: %+v, want %q", c.alg, c.document, got, c.kid)
		}
	}
}

func TestASetThatShowsASecretIsOfNoUse(t *testing.T) {
	for _, document := range [][]byte{set(signing, symmetric), set(private), set(), []byte(`{"keys":[{"kty":"new"}]}`), []byte(`[]`), set(strings.Split(strings.Repeat(signing+"\n", 33), "\n")[:33]...)} {
		if parsed, err := clientkeys.ParseSet(document); err == nil {
			t.Errorf("%s: %d keys", document, len(parsed.Keys))
		}
	}
}

func FuzzParseSet(f *testing.F) {
	for _, document := range [][]byte{
		set(signing), set(named("a", `,"use":"enc"`)), set(signing, symmetric), set(private), set(), []byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`),
		[]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`), []byte(`{"keys":null}`), []byte(`{"keys":[{"x5c":["MA=="],"kty":"EC"}]}`),
	} {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		parsed, err := clientkeys.ParseSet(document)
		if err != nil {
			return
		}
		for _, key := range parsed.Keys {
			if !key.IsPublic() || !key.Valid() {
				t.Errorf("a key that is not public and sound: %+v", key)
			}
		}
		one := jose.JSONWebKeySet{Keys: parsed.Keys[:1]}
		if key := &one.Keys[0]; !clientkeys.Signs(&one) && clientkeys.Recipient(&one, "ECDH-ES") == nil && clientkeys.Recipient(&one, "RSA-OAEP-256") == nil && key.Algorithm == "" {
			t.Errorf("a key for nothing: %+v", key)
		}
	})
}
