package spectest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// holder has a key and proves it.
type holder struct {
	w   *world
	key *ecdsa.PrivateKey
}

func newHolder(w *world) holder {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	return holder{w, key}
}

func (h holder) thumbprint() string {
	thumbprint, err := (&jose.JSONWebKey{Key: h.key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		h.w.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(thumbprint)
}

// proof is for one request; token and nonce may be empty.
func (h holder) proof(method, path, token, nonce string) string {
	h.w.t.Helper()
	var id [16]byte
	_, _ = rand.Read(id[:])
	claims := map[string]any{
		"jti": base64.RawURLEncoding.EncodeToString(id[:]), "htm": method, "htu": "https://" + issuerHost + path, "iat": h.w.clock.now().Unix(),
	}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	o := &jose.SignerOptions{EmbedJWK: true}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: h.key}, o.WithType("dpop+jwt"))
	if err != nil {
		h.w.t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		h.w.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		h.w.t.Fatal(err)
	}
	token, err = signed.CompactSerialize()
	if err != nil {
		h.w.t.Fatal(err)
	}
	return token
}

// redeem redeems the code that an application holds, with proofs.
func (h holder) redeem(app string, proofs ...string) reply {
	return h.token(url.Values{
		"grant_type": {"authorization_code"}, "code": {h.w.current.codes[app]}, "client_id": {app},
		"redirect_uri": {originOf(app) + "/callback"}, "code_verifier": {h.w.current.verifiers[app]},
	}, proofs...)
}

func (h holder) token(form url.Values, proofs ...string) reply {
	var headers []string
	for _, proof := range proofs {
		headers = append(headers, "DPoP", proof)
	}
	return h.w.call("/as/token", form, headers...)
}

func (h holder) userinfo(scheme, token, proof string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/userinfo", nil)
	r.Header.Set("Authorization", scheme+" "+token)
	if proof != "" {
		r.Header.Set("DPoP", proof)
	}
	recorder := httptest.NewRecorder()
	h.w.server.ServeHTTP(recorder, r)
	return recorder.Result()
}

func TestABoundTokenIsUselessWithoutItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", nil}}
	w.start()
	h, thief := newHolder(w), newHolder(w)
	w.signOn("ada", "spa", []string{"scope=openid+profile+offline_access"})
	r := h.redeem("spa", h.proof("POST", "/as/token", "", ""))
	access, refresh := r.text("access_token"), r.text("refresh_token")
	if r.status != 200 || r.text("token_type") != "DPoP" || r.header.Get("DPoP-Nonce") == "" {
		t.Fatalf("%d %v", r.status, r.body)
	}
	cnf, _ := payload(t, access)["cnf"].(map[string]any)
	if cnf["jkt"] != h.thumbprint() {
		t.Errorf("cnf %v", cnf)
	}
	if got := h.userinfo("dpop", access, h.proof("GET", "/as/userinfo", access, "")); got.StatusCode != 200 {
		t.Errorf("with its key: %d %v", got.StatusCode, got.Header)
	}
	for what, got := range map[string]*http.Response{
		"as a bearer token":     h.userinfo("Bearer", access, ""),
		"as a bearer, proved":   h.userinfo("Bearer", access, h.proof("GET", "/as/userinfo", access, "")),
		"without a proof":       h.userinfo("DPoP", access, ""),
		"a thief's proof":       h.userinfo("DPoP", access, thief.proof("GET", "/as/userinfo", access, "")),
		"a proof without ath":   h.userinfo("DPoP", access, h.proof("GET", "/as/userinfo", "", "")),
		"a proof for the other": h.userinfo("DPoP", access, h.proof("POST", "/as/token", access, "")),
	} {
		if got.StatusCode != 401 || got.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %v", what, got.StatusCode, got.Header)
		}
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {"spa"}}
	for what, proofs := range map[string][]string{"no proof": nil, "a thief": {thief.proof("POST", "/as/token", "", "")}} {
		if r := h.token(form, proofs...); r.status != 400 || r.text("error") != "invalid_grant" {
			t.Errorf("refresh with %s: %d %v", what, r.status, r.body)
		}
	}
	if r := h.token(form, h.proof("POST", "/as/token", "", "")); r.status != 200 || r.text("token_type") != "DPoP" {
		t.Errorf("refresh: %d %v", r.status, r.body)
	}
}

func TestABearerTokenIsNoBoundOneAndAProofIsGoodOnce(t *testing.T) {
	t.Parallel()
	w := signedOn(t)
	h := newHolder(w)
	access := w.current.accessTokens["spa"]
	if got := h.userinfo("DPoP", access, h.proof("GET", "/as/userinfo", access, "")); got.StatusCode != 401 {
		t.Errorf("a bearer token under the scheme DPoP: %d", got.StatusCode)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {w.current.refreshTokens["spa"]}, "client_id": {"spa"}}
	proof := h.proof("POST", "/as/token", "", "")
	if r := h.token(form, proof); r.status != 200 || r.text("token_type") != "DPoP" {
		t.Fatalf("%d %v", r.status, r.body)
	}
	if r := h.token(form, proof); r.status != 400 || r.text("error") != "invalid_dpop_proof" {
		t.Errorf("again: %d %v", r.status, r.body)
	}
}

// holds: fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails, fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
// holds: fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt, fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success
func TestACodeIsGoodForTheKeyThatAskedForItOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", nil}}
	w.start()
	h, thief := newHolder(w), newHolder(w)
	bound := []string{"dpop_jkt=" + h.thumbprint()}
	w.signOn("ada", "spa", bound)
	for what, proofs := range map[string][]string{"no proof": nil, "a thief": {thief.proof("POST", "/as/token", "", "")}} {
		if r := h.redeem("spa", proofs...); r.status != 400 || r.text("error") != "invalid_grant" {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	if r := h.redeem("spa", h.proof("POST", "/as/token", "", "")); r.status != 200 {
		t.Errorf("%d %v", r.status, r.body)
	}
	if got := w.authorize("spa", []string{"dpop_jkt=short"}); !contains(got, "error=invalid_request") {
		t.Errorf("a malformed thumbprint: %v", got)
	}
	push := func(jkt string, holders ...holder) reply {
		form := w.query("spa", nil)
		if jkt != "" {
			form.Set("dpop_jkt", jkt)
		}
		var headers []string
		for _, holder := range holders {
			headers = append(headers, "DPoP", holder.proof("POST", "/as/par", "", ""))
		}
		return w.call("/as/par", form, headers...)
	}
	if r := push(h.thumbprint(), thief); r.status != 400 {
		t.Errorf("a pushed request whose proof is of another key: %d %v", r.status, r.body)
	}
	r := push("", h)
	if r.status != 201 {
		t.Fatalf("%d %v", r.status, r.body)
	}
	response, page := w.get("https://" + issuerHost + "/as/authorize?" + url.Values{"client_id": {"spa"}, "request_uri": {r.text("request_uri")}}.Encode())
	if got := w.parts("spa", response, page); !contains(got, "code") {
		t.Fatal(got)
	}
	if r := h.redeem("spa", thief.proof("POST", "/as/token", "", "")); r.status != 400 {
		t.Errorf("a thief redeemed the code of a pushed request: %v", r.body)
	}
	if r := h.redeem("spa", h.proof("POST", "/as/token", "", "")); r.status != 200 {
		t.Errorf("%d %v", r.status, r.body)
	}
}

func TestAnApplicationMayHaveToProveItsKeyWithANonce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"dpopBoundAccessTokens=true", "dpopNonceRequired=true"}}}
	w.start()
	h := newHolder(w)
	w.signOn("ada", "spa", nil)
	if r := h.redeem("spa"); r.status != 400 || r.text("error") != "invalid_dpop_proof" {
		t.Errorf("without a proof: %d %v", r.status, r.body)
	}
	r := h.redeem("spa", h.proof("POST", "/as/token", "", ""))
	nonce := r.header.Get("DPoP-Nonce")
	if r.status != 400 || r.text("error") != "use_dpop_nonce" || nonce == "" {
		t.Fatalf("without a nonce: %d %v", r.status, r.body)
	}
	if r = h.redeem("spa", h.proof("POST", "/as/token", "", nonce)); r.status != 200 {
		t.Fatalf("%d %v", r.status, r.body)
	}
	access := r.text("access_token")
	if got := h.userinfo("DPoP", access, h.proof("GET", "/as/userinfo", access, "")); got.StatusCode != 401 || got.Header.Get("DPoP-Nonce") == "" {
		t.Errorf("userinfo without a nonce: %d", got.StatusCode)
	}
	if got := h.userinfo("DPoP", access, h.proof("GET", "/as/userinfo", access, nonce)); got.StatusCode != 200 {
		t.Errorf("userinfo: %d %v", got.StatusCode, got.Header)
	}
}
