package am_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// confidential is an application with a secret, and a device.
const confidential = "  - {clientId: web, type: WEB_APP, clientSecret: a-secret-that-nobody-guesses-at-all, tokenEndpointAuthMethod: CLIENT_SECRET_BASIC, pkceEnforcement: OPTIONAL, " +
	"grantTypes: [AUTHORIZATION_CODE, REFRESH_TOKEN], redirectUris: ['https://web.example.com/callback']}\n" +
	"  - {clientId: tv, type: NATIVE_APP, grantTypes: [DEVICE_CODE], responseTypes: [], flowPolicies: [sign-on]}"

// call posts a form as web, with its secret, and gives the answer.
func (w *world) call(address string, form url.Values) (int, map[string]any) {
	w.t.Helper()
	secret := base64.StdEncoding.EncodeToString([]byte("web:a-secret-that-nobody-guesses-at-all"))
	response, text := w.ask(http.MethodPost, address, form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Authorization", "Basic "+secret)
	return response.StatusCode, decode(w.t, text)
}

func TestTokensOfARealmAreRefreshedIntrospectedAndRevokedAtAMsPaths(t *testing.T) {
	w := newWorld(t, scoped, confidential)
	for _, realm := range []string{"alpha", "beta"} {
		at, other := oauth, betaOAuth
		if realm == "beta" {
			at, other = betaOAuth, oauth
		}
		w.cookies = map[string]string{}
		w.signOnAt(host+"/am/json/realms/root/realms/"+realm, "ada")
		code := w.silent(at, "web", "https://web.example.com/callback").Get("code")
		_, tokens := w.call(at+"/access_token", url.Values{
			"grant_type": {"authorization_code"}, "redirect_uri": {"https://web.example.com/callback"}, "code": {code}, "code_verifier": {verifier},
		})
		if tokens["refresh_token"] == nil {
			t.Fatalf("%s: %v", realm, tokens)
		}
		refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}}
		if status, answer := w.call(other+"/access_token", refresh); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
			t.Errorf("%s: refreshed in the other realm: %d %v", realm, status, answer)
		}
		_, tokens = w.call(at+"/access_token", refresh)
		token := url.Values{"token": {tokens["access_token"].(string)}}
		if status, answer := w.call(at+"/introspect", token); status != http.StatusOK || answer["active"] != true || answer["iss"] != at || answer["username"] != nil {
			t.Errorf("%s: introspect: %d %v", realm, status, answer)
		}
		if _, answer := w.call(other+"/introspect", token); answer["active"] != false {
			t.Errorf("%s: introspected in the other realm: %v", realm, answer)
		}
		if response, text := w.get(at+"/userinfo", "Authorization", "Bearer "+token.Get("token")); response.StatusCode != http.StatusOK || decode(t, text)["sub"] == "" {
			t.Errorf("%s: userinfo: %d %s", realm, response.StatusCode, text)
		}
		if status, _ := w.call(at+"/token/revoke", token); status != http.StatusOK {
			t.Errorf("%s: revoke: %d", realm, status)
		}
		if _, answer := w.call(at+"/introspect", token); answer["active"] != false {
			t.Errorf("%s: after the revocation: %v", realm, answer)
		}
	}
}

func TestAPushedRequestOfARealmIsUsedThereOnly(t *testing.T) {
	w := newWorld(t, scoped, confidential)
	w.signOnAt(alpha, "ada")
	w.signOnAt(beta, "ada")
	push := func() string {
		status, pushed := w.call(betaOAuth+"/par", url.Values{
			"client_id": {"web"}, "response_type": {"code"}, "scope": {"openid"}, "prompt": {"none"}, "redirect_uri": {"https://web.example.com/callback"},
		})
		if status != http.StatusCreated {
			t.Fatalf("%d %v", status, pushed)
		}
		return url.Values{"client_id": {"web"}, "request_uri": {pushed["request_uri"].(string)}}.Encode()
	}
	if response, _ := w.get(betaOAuth + "/authorize?" + push()); !strings.Contains(response.Header.Get("Location"), "code=") {
		t.Errorf("%d %s", response.StatusCode, response.Header.Get("Location"))
	}
	if w.metadata(betaOAuth)["pushed_authorization_request_endpoint"] != betaOAuth+"/par" {
		t.Error("discovery does not name it")
	}
}

func TestADeviceIsSignedOnAtAMsPaths(t *testing.T) {
	w := newWorld(t, scoped, confidential)
	document := w.metadata(oauth)
	if document["device_authorization_endpoint"] != oauth+"/device/code" {
		t.Fatalf("%v", document["device_authorization_endpoint"])
	}
	response, text := w.ask(http.MethodPost, oauth+"/device/code", url.Values{"client_id": {"tv"}, "scope": {"openid"}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	given := decode(t, text)
	if response.StatusCode != http.StatusOK || given["user_code"] == nil {
		t.Fatalf("%d %s", response.StatusCode, text)
	}
	poll := func() map[string]any {
		_, text := w.ask(http.MethodPost, oauth+"/access_token", url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {"tv"}, "device_code": {given["device_code"].(string)},
		}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		return decode(t, text)
	}
	if answer := poll(); answer["error"] != "authorization_pending" {
		t.Errorf("%v", answer)
	}
	if response, _ := w.get(oauth + "/device/user?user_code=ABCD-EFGH"); response.Header.Get("Location") != host+"/as/device?user_code=ABCD-EFGH" {
		t.Errorf("%d %s", response.StatusCode, response.Header.Get("Location"))
	}
	for _, path := range []string{"/device/user", "/device/code"} {
		if response, _ := w.ask(map[bool]string{true: http.MethodGet, false: http.MethodPost}[path == "/device/user"], betaOAuth+path, ""); response.StatusCode != http.StatusNotFound {
			t.Errorf("a realm with sessions of its own: %s %d", path, response.StatusCode)
		}
	}
	if w.metadata(betaOAuth)["device_authorization_endpoint"] != nil {
		t.Error("its discovery names the endpoint")
	}
}

func TestApplicationsRegisterAtTheRealmWhereTheEnvironmentLetsThem(t *testing.T) {
	w := newWorld(t, scoped)
	if endpoint := w.metadata(oauth)["registration_endpoint"]; endpoint != nil {
		t.Errorf("it is named though nobody may: %v", endpoint)
	}
	w = newWorld(t, scoped, "  registration: {limit: 5, perHour: 5}")
	if endpoint := w.metadata(oauth)["registration_endpoint"]; endpoint != oauth+"/register" {
		t.Errorf("%v", endpoint)
	}
	response, text := w.ask(http.MethodPost, oauth+"/register", `{"redirect_uris":["https://new.example.com/callback"]}`, "Content-Type", "application/json")
	if answer := decode(t, text); response.StatusCode != http.StatusUnauthorized || answer["error"] != "invalid_token" {
		t.Errorf("without a token: %d %s", response.StatusCode, text)
	}
}

func TestAnApplicationProvesItselfToTheAddressThatItCalls(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, scoped, "  - {clientId: service, type: WEB_APP, tokenEndpointAuthMethod: PRIVATE_KEY_JWT, grantTypes: [CLIENT_CREDENTIALS], responseTypes: [], clientAssertionAudience: ISSUER_OR_ENDPOINT, scopes: [read], jwks: '"+string(set)+"'}")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for audience, want := range map[string]int{
		oauth + "/access_token": http.StatusOK, oauth: http.StatusOK, host + "/as/token": http.StatusBadRequest, betaOAuth + "/access_token": http.StatusBadRequest,
	} {
		claims, err := json.Marshal(map[string]any{"iss": "service", "sub": "service", "aud": audience, "exp": w.now.Add(time.Minute).Unix(), "jti": audience})
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign(claims)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		response, text := w.ask(http.MethodPost, oauth+"/access_token", url.Values{
			"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {proof},
		}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		if response.StatusCode != want {
			t.Errorf("to %s: %d %s", audience, response.StatusCode, text)
		}
	}
}
