package am_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// AM: /oauth2/idtokeninfo.
func TestAnApplicationHearsWhatAnIDTokenOfItsOwnSaysWhileItIsGood(t *testing.T) {
	w := newWorld(t, twoRealms)
	w.signOn("ada")
	tokens := w.tokens(oauth, "myClient", callback)
	good := tokens["id_token"].(string)
	ask := func(at string, form url.Values) (status int, answer map[string]any) {
		t.Helper()
		response, text := w.ask(http.MethodPost, at+"/idtokeninfo", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatalf("%d %s", response.StatusCode, text)
		}
		return response.StatusCode, answer
	}
	mine := url.Values{"client_id": {"myClient"}, "id_token": {good}}
	status, claims := ask(oauth, mine)
	if status != http.StatusOK || claims["aud"] != "myClient" || claims["sub"] == "" || claims["auth_time"] == nil {
		t.Errorf("%d %v", status, claims)
	}
	status, some := ask(oauth, url.Values{"client_id": {"myClient"}, "id_token": {good}, "claims": {"sub, exp,unheard"}})
	if status != http.StatusOK || len(some) != 2 || some["sub"] != claims["sub"] || some["exp"] != claims["exp"] {
		t.Errorf("some claims: %d %v", status, some)
	}
	for name, form := range map[string]url.Values{
		"none": {"client_id": {"myClient"}}, "another's": {"client_id": {"without"}, "id_token": {good}},
		"an access token": {"client_id": {"myClient"}, "id_token": {tokens["access_token"].(string)}}, "nonsense": {"client_id": {"myClient"}, "id_token": {"eyJ"}},
	} {
		if status, answer := ask(oauth, form); status != http.StatusBadRequest || answer["error"] != "bad_request" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	if status, answer := ask(oauth, url.Values{"id_token": {good}}); status != http.StatusBadRequest || answer["error"] != "invalid_client" {
		t.Errorf("of nobody: %d %v", status, answer)
	}
	if status, answer := ask(host+"/am/oauth2/realms/root/realms/beta", mine); status != http.StatusBadRequest || answer["error"] != "bad_request" {
		t.Errorf("in another realm: %d %v", status, answer)
	}
	w.now = w.now.Add(2 * time.Hour)
	if status, answer := ask(oauth, mine); status != http.StatusBadRequest || answer["error"] != "bad_request" {
		t.Errorf("after its time: %d %v", status, answer)
	}
}
