package spectest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// bank is an application of the FAPI 2.0 Security Profile: it pushes its requests, proves itself with its key and holds another for its tokens.
type bank struct {
	holder
	name   string
	number int
}

func newBank(w *world, names ...string) []*bank {
	w.t.Helper()
	banks := make([]*bank, len(names))
	for i, name := range names {
		w.apps = append(w.apps, app{name, []string{
			"type=WEB_APP", "tokenEndpointAuthMethod=PRIVATE_KEY_JWT", "parRequirement=REQUIRED", "dpopBoundAccessTokens=true", "jwks=" + w.jwks(),
		}})
		banks[i] = &bank{holder: newHolder(w), name: name}
	}
	w.start()
	return banks
}

// proved adds a new client assertion to a form.
func (b *bank) proved(form url.Values) url.Values {
	b.number++
	claims, err := json.Marshal(map[string]any{
		"iss": b.name, "sub": b.name, "aud": "https://" + issuerHost + "/as", "jti": b.name + strconv.Itoa(b.number), "exp": b.w.clock.now().Add(time.Minute).Unix(),
	})
	if err != nil {
		b.w.t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: b.w.signer.own, KeyID: "own"}}, nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		b.w.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		b.w.t.Fatal(err)
	}
	form.Set("client_assertion", token)
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	return form
}

func (b *bank) push(changes ...string) reply {
	return b.w.call("/as/par", b.proved(b.w.query(b.name, changes)))
}

// visit takes the browser to what was pushed, through the flow's page if need be, and gives what the application receives.
func (b *bank) visit(pushed reply) url.Values {
	b.w.t.Helper()
	address := "https://" + issuerHost + "/as/authorize?" + url.Values{"client_id": {b.name}, "request_uri": {pushed.text("request_uri")}}.Encode()
	response, _ := b.w.get(address)
	location := response.Header.Get("Location")
	if strings.Contains(location, "/signon/") {
		_, page := b.w.get(location)
		form := hiddenInputs(page)
		form.Set("username", "ada")
		form.Set("password", "correct horse ada")
		form.Set("_button", "signOn")
		response, _ = b.w.post(location, form)
		response, _ = b.w.get(response.Header.Get("Location"))
		location = response.Header.Get("Location")
	}
	u, err := url.Parse(location)
	if err != nil || "https://"+u.Host != originOf(b.name) {
		b.w.t.Fatalf("%d to %q", response.StatusCode, location)
	}
	return u.Query()
}

func (b *bank) redeem(code string, proofs ...string) reply {
	return b.token(b.proved(url.Values{
		"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {originOf(b.name) + "/callback"}, "code_verifier": {b.w.current.verifiers[b.name]},
	}), proofs...)
}

// FAPI 2.0 Security Profile 5.3.2: requests are pushed, clients prove themselves by a key, tokens are bound to another.
//
// holds: fapi2-security-profile-final-happy-flow, fapi2-security-profile-final-ensure-holder-of-key-required
// holds: fapi2-security-profile-final-ensure-client-id-in-token-endpoint, fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client
// holds: fapi2-security-profile-final-refresh-token, fapi2-security-profile-final-access-token-type-header-case-sensitivity
// holds: fapi2-security-profile-final-ensure-dpop-auth-code-binding-success
func TestAFinancialGradeApplicationGetsTokensForItsKeyAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	banks := newBank(w, "one", "two")
	one, two := banks[0], banks[1]
	pushed := one.push("scope=openid+offline_access", "dpop_jkt="+one.thumbprint())
	if pushed.status != http.StatusCreated {
		t.Fatalf("push: %d %v", pushed.status, pushed.body)
	}
	code := one.visit(pushed).Get("code")
	if r := one.redeem(code); r.status != 400 {
		t.Errorf("without a proof: %d %v", r.status, r.body)
	}
	if r := two.redeem(code, two.proof("POST", "/as/token", "", "")); r.status != 400 || r.text("error") != "invalid_grant" {
		t.Errorf("another application: %d %v", r.status, r.body)
	}
	code = one.visit(one.push("scope=openid+offline_access", "dpop_jkt="+one.thumbprint())).Get("code")
	r := one.redeem(code, one.proof("POST", "/as/token", "", ""))
	access, refresh := r.text("access_token"), r.text("refresh_token")
	if r.status != 200 || r.text("token_type") != "DPoP" || refresh == "" {
		t.Fatalf("%d %v", r.status, r.body)
	}
	for _, scheme := range []string{"DPoP", "dpop", "DPOP"} {
		if got := one.userinfo(scheme, access, one.proof("GET", "/as/userinfo", access, "")); got.StatusCode != 200 {
			t.Errorf("%s: %d", scheme, got.StatusCode)
		}
	}
	form := one.proved(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
	if r := one.token(form, one.proof("POST", "/as/token", "", "")); r.status != 200 {
		t.Errorf("refresh: %d %v", r.status, r.body)
	}
}

// holds: fapi2-security-profile-final-ensure-authorization-request-without-state-success
// holds: fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success
// holds: fapi2-security-profile-final-ensure-authorization-request-with-long-nonce
// holds: fapi2-security-profile-final-ensure-authorization-request-with-long-state
func TestStateAndNonceComeBackAsTheyWentHoweverLongTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := newBank(w, "one")[0]
	if answer := one.visit(one.push("state=")); answer.Get("code") == "" || answer.Has("state") {
		t.Errorf("without a state: %v", answer)
	}
	for _, length := range []int{64, 384} {
		nonce, state := strings.Repeat("n", length), strings.Repeat("s", 2*length)
		answer := one.visit(one.push("nonce="+nonce, "state="+state))
		r := one.redeem(answer.Get("code"), one.proof("POST", "/as/token", "", ""))
		if answer.Get("state") != state || payload(t, r.text("id_token"))["nonce"] != nonce {
			t.Errorf("%d characters: %v %v", length, answer, r.body)
		}
	}
}

// holds: fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails
// holds: fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request
// holds: fapi2-security-profile-final-discovery-end-point-verification
func TestAPushedRequestNamesItsRedirectURIAndTheMetadataSaysHowToPush(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := newBank(w, "one")[0]
	if r := one.push("redirect_uri="); r.status != 400 || r.text("error") != "invalid_request" {
		t.Errorf("%d %v", r.status, r.body)
	}
	_, body := w.get("https://" + issuerHost + "/as/.well-known/openid-configuration")
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"pushed_authorization_request_endpoint": "/as/par", "code_challenge_methods_supported": "S256", "token_endpoint_auth_methods_supported": "private_key_jwt",
		"dpop_signing_alg_values_supported": "ES256", "authorization_response_iss_parameter_supported": "true", "grant_types_supported": "authorization_code",
	} {
		if text, _ := json.Marshal(m[name]); !strings.Contains(string(text), want) {
			t.Errorf("%s is %s, wanted %s in it", name, text, want)
		}
	}
}
