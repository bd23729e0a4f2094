package am_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// sealedApp is an application whose ID tokens are encrypted to a key of its own.
func sealedApp(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Use: "enc"}}})
	if err != nil {
		t.Fatal(err)
	}
	return "  - {clientId: sealed, type: SINGLE_PAGE_APP, responseTypes: [CODE, NONE], idTokenEncryptedResponseAlg: ECDH-ES, jwks: '" + string(set) + "', redirectUris: ['https://sealed.example.com/callback']}"
}

func TestSeed004EndSessionTakesTheEncryptedIDTokenWithTheClientID(t *testing.T) {
	w := newWorld(t, twoRealms, sealedApp(t))
	w.signOn("ada")
	token := w.tokens(oauth, "sealed", "https://sealed.example.com/callback")["id_token"].(string)
	if strings.Count(token, ".") != 4 {
		t.Fatalf("it is not encrypted: %s", token)
	}
	header, rest, _ := strings.Cut(token, ".")
	for name, query := range map[string][]string{
		"without client_id":         {token},
		"with another's client_id":  {token, "client_id=myClient"},
		"with a changed header":     {changed(t, header) + "." + rest, "client_id=sealed"},
		"with a header of no note":  {base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ECDH-ES"}`)) + "." + rest, "client_id=sealed"},
		"with an address not known": {token, "client_id=sealed", "post_logout_redirect_uri=https://www.example.com/signout"},
	} {
		if response, text := w.endSession(query[0], query[1:]...); response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, response.StatusCode, text)
		}
	}
	if response, _ := w.get(host + "/am/oauth2/realms/root/realms/beta/connect/endSession?client_id=sealed&id_token_hint=" + token); response.StatusCode != http.StatusBadRequest {
		t.Errorf("in another realm: %d", response.StatusCode)
	}
	if !w.lives() {
		t.Fatal("the session ended")
	}
	response, _ := w.check(token, "client_id=sealed", "redirect_uri=https://sealed.example.com/callback")
	if response.Header.Get("Location") != "https://sealed.example.com/callback" {
		t.Errorf("response_type=none: %s", response.Header.Get("Location"))
	}
	if response, text := w.endSession(token, "client_id=sealed"); response.StatusCode != http.StatusNoContent || w.lives() {
		t.Errorf("%d %s", response.StatusCode, text)
	}
}

// changed is a header whose note has one bit of another value.
func changed(t *testing.T, header string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]any{}
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	note := []byte(members["hint"].(string))
	note[20] ^= 1
	members["hint"] = string(note)
	if raw, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
