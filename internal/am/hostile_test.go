package am_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil/internal/directory"
	"vigil/internal/registration"
)

// Whoever holds an initial access token may register any address. That must not make its pages as trusted as those that the operator named: what
// these resources tell is the session itself.
func TestThePageOfAnApplicationThatRegisteredItselfReadsNoSession(t *testing.T) {
	w := newWorld(t, twoRealms, "  registration: {limit: 5, perHour: 5}")
	_, token, err := w.server.Clients.Mint(t.Context(), "test", registration.InitialToken{Name: "partners", Expires: w.now.Add(time.Hour), Left: 1})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"client_name": "New", "redirect_uris": []string{"https://new.example.com/callback"}, "token_endpoint_auth_method": "none"})
	if err != nil {
		t.Fatal(err)
	}
	if response, text := w.ask(http.MethodPost, oauth+"/register", string(body), "Content-Type", "application/json", "Authorization", "Bearer "+token); response.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", response.StatusCode, text)
	}
	session := w.signOn("ada")
	for _, path := range []string{"/authenticate", "/sessions?_action=getSessionInfo", "/sessions?_action=logout"} {
		for origin, want := range map[string]int{"https://new.example.com": http.StatusForbidden, "https://www.example.com": http.StatusOK, host: http.StatusOK} {
			if path == "/sessions?_action=logout" && want == http.StatusOK {
				continue
			}
			r := httptest.NewRequest(http.MethodPost, alpha+path, bytes.NewReader(nil))
			for name, value := range w.cookies {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
			r.Header = http.Header{"Origin": {origin}, "Content-Type": {"application/json"}, "Accept-Api-Version": {"resource=2.0"}, "Cookie": r.Header["Cookie"]}
			answer := httptest.NewRecorder()
			w.server.ServeHTTP(answer, r)
			if answer.Code != want || want == http.StatusForbidden && (strings.Contains(answer.Body.String(), session) || len(answer.Result().Cookies()) > 0) {
				t.Errorf("%s from %s: %d %s", path, origin, answer.Code, answer.Body)
			}
		}
	}
	if !w.lives() {
		t.Error("the session ended")
	}
}

// Unicode folds the letter sigma at the end of a word and elsewhere alike; the directory keeps both names.
func TestAnAdministratorIsThePersonWhoHasTheNameNow(t *testing.T) {
	w := newWorld(t, strings.Replace(governed, "[grace]", "[grace, γιωργος, boss@example.com]", 1))
	alike, err := w.server.Directory.Add(t.Context(), directory.User{EnvironmentID: "test", Username: "γιωργοσ", Enabled: true}, "correct horse γιωργοσ")
	if err != nil {
		t.Fatal(err)
	}
	const ofAda = `username eq "ada" and realm eq "/alpha"`
	if status, got := w.query(alpha, w.signOn(alike.Username), ofAda); status != http.StatusForbidden {
		t.Errorf("a name that looks alike: %d %v", status, got)
	}
	ada, err := w.server.Directory.Find(t.Context(), "test", "ada")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.server.Directory.Update(t.Context(), "test", ada.ID, func(u *directory.User) { u.Email = "boss@example.com" }); err != nil {
		t.Fatal(err)
	}
	w.cookies = map[string]string{}
	if status, got := w.query(alpha, w.signOn("ada"), ofAda); status != http.StatusForbidden {
		t.Errorf("an e-mail address that is spelled like a name: %d %v", status, got)
	}
	w.cookies = map[string]string{}
	token := w.signOn("grace")
	if status, got := w.query(alpha, token, ofAda); status != http.StatusOK {
		t.Fatalf("%d %v", status, got)
	}
	grace, err := w.server.Directory.Find(t.Context(), "test", "grace")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.server.Directory.Update(t.Context(), "test", grace.ID, func(u *directory.User) { u.Username = "gina" }); err != nil {
		t.Fatal(err)
	}
	if status, got := w.query(alpha, token, ofAda); status != http.StatusForbidden {
		t.Errorf("the name is nobody's now: %d %v", status, got)
	}
}

// What stands beside a request object, or beside a request that was pushed, counts for nothing: least of all for where the browser is sent. Of an
// application without a secret anybody can push one.
func TestACheckBySessionLeadsNowhereThatItsRequestDoesNotName(t *testing.T) {
	w := newWorld(t, twoRealms, `  - {clientId: unsigned, type: SINGLE_PAGE_APP, supportUnsignedRequestObject: true, responseTypes: [CODE, NONE], redirectUris: ["`+callback+`"]}`)
	plain := base64.RawURLEncoding.EncodeToString
	object := plain([]byte(`{"alg":"none"}`)) + "." + plain([]byte(`{"response_type":"none","prompt":"none","scope":"openid","redirect_uri":"`+callback+`"}`)) + "."
	asked := url.Values{"client_id": {"unsigned"}, "response_type": {"none"}, "prompt": {"none"}, "scope": {"openid"}, "redirect_uri": {callback}}
	response, text := w.ask(http.MethodPost, oauth+"/par", asked.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", response.StatusCode, text)
	}
	for name, inside := range map[string]string{"request": object, "request_uri": decode(t, text)["request_uri"].(string)} {
		for _, beside := range []string{strings.TrimSuffix(callback, "m/callback"), callback[:len("https:")], callback, ""} {
			q := url.Values{"client_id": {"unsigned"}, "response_type": {"none"}, name: {inside}, "redirect_uri": {beside}}
			response, _ := w.get(oauth + "/authorize?" + q.Encode())
			if at := response.Header.Get("Location"); !strings.HasPrefix(at, callback+"?") || !strings.Contains(at, "error=login_required") {
				t.Errorf("%s beside %q: %d %q", name, beside, response.StatusCode, at)
			}
		}
	}
}
