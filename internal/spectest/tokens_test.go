package spectest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// claims checks a token's signature with the published keys and gives what it says.
func (w *world) claims(token string) map[string]any {
	w.t.Helper()
	response, body := w.get("https://" + issuerHost + "/as/jwks")
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(body), &set); err != nil || response.StatusCode != http.StatusOK {
		w.t.Fatalf("keys: %d %v", response.StatusCode, err)
	}
	signed, err := jose.ParseSignedCompact(token, signatures())
	if err != nil {
		w.t.Fatalf("%v in %s", err, token)
	}
	text, err := signed.Verify(set)
	if err != nil {
		w.t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		w.t.Fatal(err)
	}
	return claims
}

// signatures are what the provider signs with.
func signatures() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.PS256, jose.EdDSA}
}

// opened are the parameters of a signed response (JARM 2.1).
func (w *world) opened(app, token string) url.Values {
	claims, values := w.claims(token), url.Values{}
	if claims["aud"] != app {
		w.t.Errorf("the response is for %v", claims["aud"])
	}
	expires, _ := claims["exp"].(float64)
	if left := time.Unix(int64(expires), 0).Sub(w.clock.now()); left <= 0 || left > 10*time.Minute {
		w.t.Errorf("the response is good for %v", left)
	}
	for name, value := range claims {
		if name != "aud" && name != "exp" {
			values.Set(name, fmt.Sprint(value))
		}
	}
	return values
}

// bound says by which hashes an ID token is tied to what came with it, and what it tells of the person.
func (w *world) bound(app, token string, answer url.Values) (got []string) {
	claims := w.claims(token)
	if claims["aud"] != app || claims["nonce"] != "no" || claims["iss"] != "https://"+issuerHost+"/as" {
		w.t.Errorf("ID token: %v", claims)
	}
	for claim, with := range map[string]string{"c_hash": "code", "at_hash": "access_token"} {
		sum := sha256.Sum256([]byte(answer.Get(with)))
		half := base64.RawURLEncoding.EncodeToString(sum[:16])
		switch {
		case answer.Get(with) != "" && claims[claim] != half:
			w.t.Errorf("%s is %v, want %s", claim, claims[claim], half)
		case answer.Get(with) == "" && claims[claim] != nil:
			w.t.Errorf("%s without %s", claim, with)
		case answer.Get(with) != "":
			got = append(got, claim)
		}
	}
	for _, claim := range []string{"email", "given_name"} {
		if claims[claim] != nil {
			got = append(got, claim)
		}
	}
	return got
}
