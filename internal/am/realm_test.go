package am_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// metadata reads a discovery document. Nil: there is none.
func (w *world) metadata(address string) map[string]any {
	w.t.Helper()
	response, text := w.get(address + "/.well-known/openid-configuration")
	if response.StatusCode != http.StatusOK {
		return nil
	}
	document := map[string]any{}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		w.t.Fatal(err)
	}
	return document
}

func TestEverySpellingOfARealmLeadsToIt(t *testing.T) {
	w := newWorld(t, twoRealms)
	for address, issuer := range map[string]string{
		"/am/oauth2/realms/root/realms/alpha": "/am/oauth2/realms/root/realms/alpha", "/am/oauth2/realms/alpha": "/am/oauth2/realms/root/realms/alpha",
		"/am/oauth2/alpha": "/am/oauth2/realms/root/realms/alpha", "/am/oauth2/realms/root": "/am/oauth2/realms/root", "/am/oauth2": "/am/oauth2/realms/root",
	} {
		if document := w.metadata(host + address); document == nil || document["issuer"] != host+issuer {
			t.Errorf("%s: %v", address, document["issuer"])
		}
	}
	_, text := w.get(host + "/am/oauth2/.well-known/openid-configuration?realm=/alpha")
	if !strings.Contains(text, `"issuer":"`+oauth+`"`) {
		t.Errorf("?realm: %s", text)
	}
	for _, address := range []string{"/am/oauth2/gamma", "/am/oauth2/realms/root/realms/gamma", "/am/oauth2/realms/alpha/realms/root", "/openam/oauth2", "/am/oauth2/realms"} {
		if document := w.metadata(host + address); document != nil {
			t.Errorf("%s: %v", address, document["issuer"])
		}
	}
	for _, address := range []string{"/am/json/sessions", "/am/json/alpha/sessions", "/am/json/realms/alpha/sessions/"} {
		if status, answer := w.post(host+address+"?_action=validate", nil); status != http.StatusOK || answer["valid"] != false {
			t.Errorf("%s: %d %v", address, status, answer)
		}
	}
	if status, answer := w.post(host+"/am/json/realms/root/realms/gamma/sessions?_action=validate", nil); status != http.StatusNotFound {
		t.Errorf("%d %v", status, answer)
	}
}

func TestSeed004DiscoveryNamesAMsPaths(t *testing.T) {
	w := newWorld(t, strings.Replace(twoRealms, "{", "{context: /openam, ", 1))
	at := strings.Replace(oauth, "/am/", "/openam/", 1)
	document := w.metadata(at)
	for key, path := range map[string]string{
		"issuer": "", "authorization_endpoint": "/authorize", "token_endpoint": "/access_token", "userinfo_endpoint": "/userinfo", "jwks_uri": "/connect/jwk_uri",
		"end_session_endpoint": "/connect/endSession", "check_session_iframe": "/connect/checkSession", "introspection_endpoint": "/introspect",
		"revocation_endpoint": "/token/revoke", "ping_end_idp_session_endpoint": "/connect/idpEndSession",
	} {
		if document[key] != at+path {
			t.Errorf("%s: %v", key, document[key])
		}
	}
	types := document["response_types_supported"].([]any)
	if len(types) != 2 || types[0] != "code" || types[1] != "none" {
		t.Errorf("response types: %v", types)
	}
	if response, _ := w.get(document["jwks_uri"].(string)); response.StatusCode != http.StatusOK || response.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("keys: %d", response.StatusCode)
	}
}

func TestSeed000CheckSessionIsServedWithAndWithoutRealm(t *testing.T) {
	w := newWorld(t, "{realms: [{name: /alpha}, {name: /beta}]}")
	_, want := w.get(host + "/as/checksession")
	for _, address := range []string{host + "/am/oauth2/connect/checkSession", oauth + "/connect/checkSession", host + "/am/oauth2/alpha/connect/checkSession"} {
		response, page := w.get(address)
		if response.StatusCode != http.StatusOK || page != want || response.Header.Get("X-Frame-Options") != "" {
			t.Errorf("%s: %d", address, response.StatusCode)
		}
	}
	if _, text := w.get(host + "/as/checksession/registered?client_id=myClient&origin=https://www.example.com"); !strings.Contains(text, "true") {
		t.Error("the origin of the Client Session URI may not ask")
	}
}

func TestTokensOfARealmAreItsOwn(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	tokens := w.tokens(oauth, "myClient", callback)
	bearer := "Bearer " + tokens["access_token"].(string)
	if response, text := w.get(oauth+"/userinfo", "Authorization", bearer); response.StatusCode != http.StatusOK || !strings.Contains(text, `"sub"`) {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	for _, elsewhere := range []string{host + "/as", host + "/am/oauth2/realms/root"} {
		if response, _ := w.get(elsewhere+"/userinfo", "Authorization", bearer); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d", elsewhere, response.StatusCode)
		}
	}
	response, text := w.ask(http.MethodPost, oauth+"/token/revoke", url.Values{"client_id": {"myClient"}, "token": {tokens["access_token"].(string)}}.Encode(),
		"Content-Type", "application/x-www-form-urlencoded")
	if response.StatusCode != http.StatusOK {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	if response, _ := w.get(oauth+"/userinfo", "Authorization", bearer); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a revoked token: %d", response.StatusCode)
	}
}

func TestAnApplicationOfAnotherRealmIsUnknown(t *testing.T) {
	w := newWorld(t, strings.Replace(twoRealms, "{name: /beta}", "{name: /beta, responseTypePlugins: "+plugins+"}", 1))
	w.signOn("ada")
	w.signOnAt(beta, "ada")
	query := "/authorize?client_id=betaOnly&response_type=none&prompt=none&redirect_uri=https://beta.example.com/callback"
	if response, _ := w.get(oauth + query); response.StatusCode != http.StatusBadRequest {
		t.Errorf("alpha knows it: %d", response.StatusCode)
	}
	if response, _ := w.get(betaOAuth + query); response.Header.Get("Location") != "https://beta.example.com/callback" {
		t.Errorf("beta does not: %s", response.Header.Get("Location"))
	}
}

func TestARealmOfAnotherEnvironmentSeesNoSession(t *testing.T) {
	w := newWorld(t, twoRealms)
	token := w.signOn("ada")
	for _, address := range []string{"https://shared.example.com/other/am/json/realms/root/realms/alpha", "https://shared.example.com/test/am/json/realms/root/realms/alpha"} {
		if _, answer := w.post(address+"/sessions?_action=validate", map[string]string{"tokenId": token}); answer["valid"] != false {
			t.Errorf("%s: %v", address, answer)
		}
	}
	if _, page := w.post("https://shared.example.com/other/am/json/alpha/authenticate", nil); page["authId"] == nil {
		t.Errorf("%v", page)
	}
}

func TestSignOnThroughPagesComesBackToTheRealm(t *testing.T) {
	w := newWorld(t, twoRealms)
	q := url.Values{
		"client_id": {"myClient"}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {callback},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}
	response, _ := w.get(oauth + "/authorize?" + q.Encode())
	back := w.throughPages(response.Header.Get("Location"), "ada")
	if back.Query().Get("iss") != oauth {
		t.Fatal(back)
	}
	w.redeem(oauth, "myClient", callback, back.Query().Get("code"))
	if !w.lives() || w.cookies[cookie] == "" {
		t.Error("the session is not seen by the sessions resource")
	}
}
