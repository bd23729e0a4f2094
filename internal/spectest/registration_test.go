package spectest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/registration"
)

// open is a world whose environment lets applications register, with a token for any number of them.
func open(t *testing.T, settings string) (w *world, token string) {
	t.Helper()
	w = newWorld(t)
	w.settings = append(w.settings, "registration: {"+settings+"}")
	w.start()
	return w, w.initialToken(-1)
}

func (w *world) initialToken(left int) string {
	w.t.Helper()
	_, token, err := w.server.Clients.Mint(w.t.Context(), "test", registration.InitialToken{Name: "partners", Expires: w.clock.now().Add(24 * time.Hour), Left: left})
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

const registerPath = "/as/register"

// ask sends JSON, or nothing, with a token.
func (w *world) ask(method, address, token string, body any) reply {
	w.t.Helper()
	w.start()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	if raw, is := body.(string); is {
		text = []byte(raw)
	}
	if !strings.HasPrefix(address, "https://") {
		address = "https://" + issuerHost + address
	}
	r := httptest.NewRequest(method, address, strings.NewReader(string(text)))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	answer := reply{status: recorder.Code, header: recorder.Result().Header, body: map[string]any{}}
	if strings.HasPrefix(recorder.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer.body); err != nil {
			w.t.Fatalf("%v in %s", err, recorder.Body)
		}
	}
	return answer
}

// metadata of an application, some of it replaced. Nil takes a member away.
func metadata(changes map[string]any) map[string]any {
	m := map[string]any{
		"client_name": "Notes", "redirect_uris": []string{"https://notes.example.com/callback"}, "token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code", "refresh_token"}, "post_logout_redirect_uris": []string{"https://notes.example.com/bye"},
		"id_token_signed_response_alg": "ES256", "opSessionCheckEnabled": true,
	}
	maps.Copy(m, changes)
	maps.DeleteFunc(m, func(_ string, value any) bool { return value == nil })
	return m
}

// registered adds an application.
func (w *world) registered(token string, changes map[string]any) reply {
	w.t.Helper()
	r := w.ask(http.MethodPost, registerPath, token, metadata(changes))
	if r.status != 201 || !strings.HasPrefix(r.text("client_id"), "dyn-") {
		w.t.Fatalf("%d %v", r.status, r.body)
	}
	return r
}

// database is the file of the store, as bytes.
func (w *world) database() string {
	w.t.Helper()
	w.stop()
	file, err := os.ReadFile(filepath.Join(w.folder, "data", config.Database))
	if err != nil {
		w.t.Fatal(err)
	}
	w.start()
	return string(file)
}

const notesRedirect = "https://notes.example.com/callback"

// redemption is the form with which a registered application redeems its code.
func (w *world) redemption(id string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {w.current.codes[id]}, "redirect_uri": {notesRedirect},
		"code_verifier": {w.current.verifiers[id]}, "client_id": {id},
	}
}

// signOnAt signs ada on at a registered application and redeems the code.
func (w *world) signOnAt(id string) reply {
	w.t.Helper()
	got := w.signOn("ada", id, []string{"redirect_uri=" + notesRedirect, "scope=openid+profile+offline_access"})
	if w.current.codes[id] == "" {
		w.t.Fatal(got)
	}
	return w.call("/as/token", w.redemption(id))
}

// mayRead reports whether pages of an origin may read answers.
func (w *world) mayRead(origin string) bool {
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/userinfo", nil)
	r.Header.Set("Origin", origin)
	answer, _ := w.current.visit(w, r)
	return answer.Header.Get("Access-Control-Allow-Origin") == origin
}

func TestAnApplicationThatRegisteredItselfIsServedLikeAnyOther(t *testing.T) {
	t.Parallel()
	w, token := open(t, "consent: NONE")
	r := w.registered(token, nil)
	id := r.text("client_id")
	for name, want := range map[string]any{
		"client_name": "Notes", "application_type": "web", "scope": "openid profile email phone offline_access", "opSessionCheckEnabled": true,
		"registration_client_uri": "https://" + issuerHost + registerPath + "/" + id, "client_id_issued_at": float64(w.clock.now().Unix()),
	} {
		if r.body[name] != want {
			t.Errorf("%s: %v", name, r.body[name])
		}
	}
	if r.body["client_secret"] != nil || r.header.Get("Cache-Control") != "no-store" || r.text("registration_access_token") == "" {
		t.Errorf("%v %v", r.header, r.body)
	}
	for _, again := range []bool{false, true} {
		if again {
			w.restart("server")
		}
		tokens := w.signOnAt(id)
		if tokens.status != 200 || tokens.text("refresh_token") == "" {
			t.Fatalf("%d %v", tokens.status, tokens.body)
		}
		w.current.accessTokens[id] = tokens.text("access_token")
		if got := w.userinfo(id); got[0] != "200" {
			t.Errorf("userinfo: %v", got)
		}
		if w.current.states[id] == "" {
			t.Error("no session_state, although opSessionCheckEnabled was registered")
		}
		asked := "/as/checksession/registered?client_id=" + id + "&origin=https%3A%2F%2Fnotes.example.com"
		if _, said := w.get("https://" + issuerHost + asked); !strings.Contains(said, "true") {
			t.Errorf("the iframe does not know it: %s", said)
		}
		if !w.mayRead("https://notes.example.com") || w.mayRead("https://evil.example.com") {
			t.Error("not its pages alone may read answers")
		}
	}
	if got := w.signOff([]string{"to=https://notes.example.com/bye"}); got[1] != "question" {
		t.Errorf("its address for after sign-off is not known: %v", got)
	}
}

func TestPeopleAreAskedBeforeAnApplicationThatRegisteredItselfLearnsOfThem(t *testing.T) {
	t.Parallel()
	w, token := open(t, "")
	id := w.registered(token, nil).text("client_id")
	if got := w.signOn("ada", id, []string{"redirect_uri=" + notesRedirect}); w.current.codes[id] != "" {
		t.Errorf("nobody was asked: %v", got)
	}
}

func TestTheSecretOfARegisteredApplicationProvesItAndStandsNowhere(t *testing.T) {
	t.Parallel()
	w, token := open(t, "consent: NONE")
	r := w.registered(token, map[string]any{"token_endpoint_auth_method": nil})
	id, secret := r.text("client_id"), r.text("client_secret")
	if r.text("token_endpoint_auth_method") != "client_secret_basic" || len(secret) < 64 || r.body["client_secret_expires_at"] != float64(0) {
		t.Fatalf("%v", r.body)
	}
	if other := w.registered(token, map[string]any{"token_endpoint_auth_method": nil}); other.text("client_secret") == secret {
		t.Error("two applications have one secret")
	}
	w.restart("server")
	ask := func(secret string) reply {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.SetBasicAuth(id, secret)
		return w.call("/as/introspect", url.Values{"token": {"x"}}, "Authorization", r.Header.Get("Authorization"))
	}
	if r := ask(secret); r.status != 200 {
		t.Errorf("%d %v", r.status, r.body)
	}
	if r := ask(secret[:85]); r.status != 401 {
		t.Errorf("a wrong secret: %d", r.status)
	}
	file := w.database()
	for what, secret := range map[string]string{"secret": secret, "registration token": r.text("registration_access_token"), "initial token": token} {
		if strings.Contains(file, secret) {
			t.Errorf("the %s stands in the database", what)
		}
	}
	if !strings.Contains(file, id) {
		t.Error("the database was not looked at")
	}
}

func TestOnlyItsOwnTokenReadsChangesAndDeletesARegistration(t *testing.T) {
	t.Parallel()
	w, token := open(t, "")
	a, b := w.registered(token, nil), w.registered(token, map[string]any{"token_endpoint_auth_method": "client_secret_post"})
	change := func(r reply, changes map[string]any) map[string]any {
		m := metadata(changes)
		m["client_id"] = r.text("client_id")
		return m
	}
	at := func(r reply) string { return r.text("registration_client_uri") }
	for what, wrong := range map[string]string{"the initial token": token, "b's": b.text("registration_access_token"), "none": "", "nonsense": "x"} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			if r := w.ask(method, at(a), wrong, change(a, nil)); r.status != 401 {
				t.Errorf("%s with %s: %d %v", method, what, r.status, r.body)
			}
		}
	}
	own := a.text("registration_access_token")
	for _, address := range []string{"/dyn-AAAAAAAAAAAAAAAAAAAAAA", "/nobody", "/%00", "/" + strings.Repeat("x", 2000), "/" + a.text("client_id") + "x"} {
		if r := w.ask(http.MethodGet, registerPath+address, own, nil); r.status != 401 {
			t.Errorf("%s: %d", address, r.status)
		}
	}
	read := w.ask(http.MethodGet, at(a), own, nil)
	if read.status != 200 || fmt.Sprint(read.body) != fmt.Sprint(a.body) {
		t.Errorf("%d\n%v\n%v", read.status, read.body, a.body)
	}
	for what, body := range map[string]map[string]any{
		"no client_id": metadata(nil), "b's client_id": change(b, nil), "a token": change(a, map[string]any{"registration_access_token": own}),
		"a date": change(a, map[string]any{"client_id_issued_at": 1}), "another secret": change(a, map[string]any{"client_secret": "x"}),
		"a wrong address": change(a, map[string]any{"redirect_uris": []string{"http://notes.example.com/"}}),
	} {
		if r := w.ask(http.MethodPut, at(a), own, body); r.status != 400 {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	r := w.ask(http.MethodPut, at(a), own, change(a, map[string]any{"client_name": "Other notes", "post_logout_redirect_uris": nil}))
	if r.status != 200 || r.text("client_name") != "Other notes" || r.body["post_logout_redirect_uris"] != nil {
		t.Errorf("%d %v", r.status, r.body)
	}
	secret := b.text("client_secret")
	again := change(b, map[string]any{"client_secret": secret, "token_endpoint_auth_method": "client_secret_basic"})
	if r := w.ask(http.MethodPut, at(b), b.text("registration_access_token"), again); r.status != 200 || r.text("client_secret") != secret {
		t.Errorf("%d %v", r.status, r.body)
	}
	if r := w.ask(http.MethodDelete, at(a), own, nil); r.status != 204 {
		t.Errorf("%d %v", r.status, r.body)
	}
	if r := w.ask(http.MethodGet, at(a), own, nil); r.status != 401 {
		t.Errorf("after the deletion: %d", r.status)
	}
}

func TestWhoeverIsDeletedHoldsNothingAnyMore(t *testing.T) {
	t.Parallel()
	w, token := open(t, "consent: NONE")
	for name, remove := range map[string]func(r reply){
		"by itself": func(r reply) {
			if r := w.ask(http.MethodDelete, r.text("registration_client_uri"), r.text("registration_access_token"), nil); r.status != 204 {
				t.Fatal(r.status)
			}
		},
		"by an operator": func(r reply) {
			if found, err := w.server.Clients.Remove(t.Context(), "test", r.text("client_id")); !found || err != nil {
				t.Fatal(found, err)
			}
		},
	} {
		r := w.registered(token, nil)
		id := r.text("client_id")
		tokens := w.signOnAt(id)
		if tokens.status != 200 {
			t.Fatalf("%v", tokens.body)
		}
		w.authorize(id, []string{"redirect_uri=" + notesRedirect})
		remove(r)
		refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.text("refresh_token")}, "client_id": {id}}
		if r := w.call("/as/token", refresh); r.status != 400 || r.text("error") != "invalid_client" {
			t.Errorf("%s: its refresh token: %d %v", name, r.status, r.body)
		}
		if r := w.call("/as/token", w.redemption(id)); r.status != 400 || r.text("error") != "invalid_client" {
			t.Errorf("%s: its code: %d %v", name, r.status, r.body)
		}
		w.current.accessTokens[id] = tokens.text("access_token")
		if got := w.userinfo(id); got[0] != "401" {
			t.Errorf("%s: its access token: %v", name, got)
		}
		if got := w.authorize(id, []string{"redirect_uri=" + notesRedirect}); got[0] != "400" {
			t.Errorf("%s: its requests: %v", name, got)
		}
		if got := w.signOff([]string{"to=https://notes.example.com/bye"}); got[1] == "question" {
			t.Errorf("%s: its address for after sign-off: %v", name, got)
		}
		if w.mayRead("https://notes.example.com") {
			t.Errorf("%s: its pages read answers", name)
		}
	}
}
