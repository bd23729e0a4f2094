package am_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/internal/registration"
)

func TestAnApplicationLooksAfterItsRegistrationInItsRealm(t *testing.T) {
	w := newWorld(t, twoRealms, "  registration: {limit: 5, perHour: 5}")
	_, token, err := w.server.Clients.Mint(t.Context(), "test", registration.InitialToken{Name: "partners", Expires: w.now.Add(time.Hour), Left: 1})
	if err != nil {
		t.Fatal(err)
	}
	metadata := map[string]any{"client_name": "New", "redirect_uris": []string{"https://new.example.com/callback"}, "token_endpoint_auth_method": "none"}
	call := func(method, address string, body any, bearer string) (int, map[string]any) {
		t.Helper()
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		response, text := w.ask(method, address, string(raw), "Content-Type", "application/json", "Authorization", "Bearer "+bearer)
		if text == "" {
			return response.StatusCode, nil
		}
		return response.StatusCode, decode(t, text)
	}
	_, told := call(http.MethodPost, oauth+"/register", metadata, token)
	address, own := told["registration_client_uri"].(string), told["registration_access_token"].(string)
	if address != oauth+"/register?client_id="+told["client_id"].(string) {
		t.Errorf("it is to look after its registration at %s", address)
	}
	if status, read := call(http.MethodGet, address, nil, own); status != http.StatusOK || read["client_name"] != "New" || read["registration_client_uri"] != address {
		t.Errorf("%d %v", status, read)
	}
	if status, _ := call(http.MethodGet, address, nil, "another token"); status != http.StatusUnauthorized {
		t.Errorf("with another token: %d", status)
	}
	metadata["client_id"], metadata["client_name"] = told["client_id"], "Newer"
	if status, read := call(http.MethodPut, address, metadata, own); status != http.StatusOK || read["client_name"] != "Newer" {
		t.Errorf("%d %v", status, read)
	} else if next, given := read["registration_access_token"].(string); given {
		own = next
	}
	if status, _ := call(http.MethodDelete, address, nil, own); status != http.StatusNoContent {
		t.Errorf("deleting: %d", status)
	}
	for _, wrong := range []string{"/register", "/register?client_id=", "/register?client_id=a/b"} {
		if response, _ := w.get(oauth+wrong, "Authorization", "Bearer "+own); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, response.StatusCode)
		}
	}
}

func TestAMethodThatAnAddressDoesNotAnswerIsRefusedWithThoseThatItDoes(t *testing.T) {
	w := newWorld(t, twoRealms)
	for address, allow := range map[string]string{oauth + "/par": "POST", oauth + "/access_token": "POST", oauth + "/connect/jwk_uri": "GET", host + "/as/par": "POST"} {
		method := http.MethodGet
		if allow == "GET" {
			method = http.MethodPut
		}
		response, text := w.ask(method, address, "", "Accept", "application/json")
		if response.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(response.Header.Get("Allow"), allow) {
			t.Errorf("%s %s: %d, %v: %s", method, address, response.StatusCode, response.Header["Allow"], text)
		}
	}
	if response, _ := w.get(oauth + "/nothing"); response.StatusCode != http.StatusNotFound {
		t.Errorf("of nothing: %d", response.StatusCode)
	}
}

func TestDiscoveryOfARealmListsTheGrantsThatItGives(t *testing.T) {
	w := newWorld(t, "{environmentRealm: /alpha, realms: [{name: /alpha, responseTypePlugins: "+plugins+"}, {name: /beta}]}")
	grants := func(at string) (names []string) {
		for _, name := range w.metadata(at)["grant_types_supported"].([]any) {
			names = append(names, name.(string))
		}
		return names
	}
	const device = "urn:ietf:params:oauth:grant-type:device_code"
	if got := grants(oauth); slices.Contains(got, "implicit") || !slices.Contains(got, device) || !slices.Contains(got, "authorization_code") {
		t.Errorf("with codes alone: %v", got)
	}
	if got := grants(betaOAuth); !slices.Contains(got, "implicit") || slices.Contains(got, device) {
		t.Errorf("without the person's page for devices: %v", got)
	}
}

func TestASignOnByCallbacksSetsEachCookieOnce(t *testing.T) {
	w := newWorld(t, twoRealms)
	_, page := w.post(alpha+"/authenticate?authIndexType=service&authIndexValue=sign-on", nil)
	raw, err := json.Marshal(fill(page, "ada", "correct horse ada", 0))
	if err != nil {
		t.Fatal(err)
	}
	response, text := w.ask(http.MethodPost, alpha+"/authenticate", string(raw), "Content-Type", "application/json", "Accept-API-Version", "resource=2.1")
	if !strings.Contains(text, "tokenId") {
		t.Fatal(text)
	}
	set := map[string]int{}
	for _, c := range response.Cookies() {
		set[c.Name]++
	}
	for name, n := range set {
		if n != 1 {
			t.Errorf("%s is set %d times", name, n)
		}
	}
	if set[cookie] == 0 {
		t.Errorf("set are %v", set)
	}
}

func TestTheRootRealmTellsTheNameOfTheCookieThoughNobodyLivesThere(t *testing.T) {
	w := newWorld(t, "{realms: [{name: /alpha}, {name: /beta}]}")
	for _, at := range []string{"/am/json/serverinfo/*", "/am/json/realms/root/serverinfo/*", "/am/json/serverinfo/*?realm=/"} {
		response, text := w.get(host+at, "Accept-API-Version", "resource=1.1")
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", at, response.StatusCode, text)
			continue
		}
		if info := decode(t, text); info["cookieName"] != cookie || info["realm"] != "/" {
			t.Errorf("%s: %s", at, text)
		}
	}
	for _, at := range []string{"/am/json/gamma/serverinfo/*", "/am/json/serverinfo/*?realm=/gamma", "/am/json/sessions?_action=getSessionInfo", "/am/json/realms/root/realms/gamma/serverinfo/*"} {
		if response, _ := w.get(host + at); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", at, response.StatusCode)
		}
	}
}
