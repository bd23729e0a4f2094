package spectest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"
)

// signEdwards makes a JWS without a library: they know one name of the algorithm.
func signEdwards(t *testing.T, key ed25519.PrivateKey, header, claims map[string]any) string {
	t.Helper()
	part := func(value any) string {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	input := part(header) + "." + part(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(input)))
}

// RFC 9864 2.2.
func TestEdwardsKeysSignUnderBothNamesOfTheirAlgorithm(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := base64.RawURLEncoding.EncodeToString(public)
	w := newWorld(t)
	for name, more := range map[string]string{"open": "", "narrow": "tokenEndpointAuthSigningAlg=EdDSA", "new": "tokenEndpointAuthSigningAlg=Ed25519", "other": "tokenEndpointAuthSigningAlg=ES256"} {
		fields := []string{
			"type=WORKER", "tokenEndpointAuthMethod=PRIVATE_KEY_JWT", "grantTypes=[CLIENT_CREDENTIALS]", "redirectUris=[]", "postLogoutRedirectUris=[]", "scopes=[read]",
			"jwks={keys: [{kty: OKP, crv: Ed25519, alg: EdDSA, kid: k, x: " + x + "}]}",
		}
		if more != "" {
			fields = append(fields, more)
		}
		w.apps = append(w.apps, app{name, fields})
	}
	w.start()
	at := w.clock.now()
	token := func(client, alg, proofAlg string) reply {
		id := fmt.Sprint(client, alg, proofAlg)
		assertion := signEdwards(t, private, map[string]any{"alg": alg, "kid": "k"}, map[string]any{
			"iss": client, "sub": client, "aud": "https://" + issuerHost + "/as", "jti": id, "exp": at.Add(time.Minute).Unix(),
		})
		proof := signEdwards(t, private, map[string]any{"alg": proofAlg, "typ": "dpop+jwt", "jwk": map[string]string{"kty": "OKP", "crv": "Ed25519", "x": x}}, map[string]any{
			"jti": id, "htm": "POST", "htu": "https://" + issuerHost + "/as/token", "iat": at.Unix(),
		})
		return w.call("/as/token", url.Values{
			"grant_type": {"client_credentials"}, "client_assertion": {assertion}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		}, "DPoP", proof)
	}
	for _, client := range []string{"open", "narrow", "new"} {
		for _, alg := range []string{"EdDSA", "Ed25519"} {
			if r := token(client, alg, alg); r.status != 200 || r.text("token_type") != "DPoP" {
				t.Errorf("%s with %s: %d %v", client, alg, r.status, r.body)
			}
		}
	}
	for _, wrong := range [][3]string{{"other", "Ed25519", "Ed25519"}, {"open", "Ed448", "EdDSA"}, {"open", "EdDSA", "Ed448"}, {"open", "ES256", "EdDSA"}} {
		if r := token(wrong[0], wrong[1], wrong[2]); r.status != 400 {
			t.Errorf("%v: %d %v", wrong, r.status, r.body)
		}
	}
	_, body := w.get("https://" + issuerHost + "/as/.well-known/openid-configuration")
	var found map[string]any
	if err := json.Unmarshal([]byte(body), &found); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"token_endpoint_auth_signing_alg_values_supported", "request_object_signing_alg_values_supported", "dpop_signing_alg_values_supported"} {
		if said, _ := found[list].([]any); !slices.Contains(said, any("Ed25519")) {
			t.Errorf("%s: %v", list, said)
		}
	}
}
