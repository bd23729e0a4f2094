package spectest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A sibling sub-domain can plant any cookie but one that begins with __Host-.
func TestAPlantedKeyDoesNotOpenTheSignOnOfAnotherPerson(t *testing.T) {
	const known = "AAAAAAAAAAAAAAAAAAAAAA"
	for name, at := range map[string]string{"bare names": "https://" + issuerHost, "shared host": "https://shared.example.com/test"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.settings, w.apps = append(w.settings, "cookies: {bareNames: true}"), []app{{name: "spa"}}
			w.start()
			w.current.cookies["RUN"] = cookie{value: known}
			response, _ := w.get(at + "/as/authorize?" + w.query("spa", nil).Encode())
			address := response.Header.Get("Location")
			if _, page := w.get(address); !strings.Contains(page, `name="password"`) {
				t.Fatalf("the person cannot sign on at %s: %s", address, page)
			}
			w.use("attacker")
			w.current.cookies["RUN"] = cookie{value: known}
			if response, _ := w.get(address); response.StatusCode != http.StatusGone {
				t.Errorf("whoever planted the key sees the sign-on: %d", response.StatusCode)
			}
		})
	}
}

func TestARequestThatIsTooLongToKeepIsRefusedWithItsState(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{name: "spa"}}
	w.start()
	long := strings.Repeat("x", 8000)
	got := w.authorize("spa", []string{"login_hint=" + long, "claims=" + long, "display=" + long, "ui_locales=" + long})
	if strings.Join(got, " ") != "302 error=invalid_request" {
		t.Errorf("got %v", got)
	}
}

// Readers of JSON that do not mind case, as Go's, would take the last spelling for the claim.
func TestAFlowCannotSayWhoSomebodyIsByAnotherSpelling(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{name: "spa", fields: []string{"scopes=[openid]"}}}
	w.flow = "idleTimeout: 30m, accessTokenClaims: {Sub: somebody else, SCOPE: openid email, plan: gold}, idTokenClaims: {SID: another session, ſub: somebody else}"
	w.start()
	w.signOn("ada", "spa", nil)
	w.redeem("spa")
	ada, err := w.server.Directory.Find(t.Context(), "test", "ada")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+w.current.accessTokens["spa"])
	if response, body := w.current.visit(w, r); response.StatusCode != http.StatusOK || body != `{"sub":"`+ada.ID+`"}` {
		t.Errorf("userinfo tells %d %s", response.StatusCode, body)
	}
	if claims := w.claims(w.current.accessTokens["spa"]); claims["plan"] != "gold" || claims["Sub"] != nil || claims["SCOPE"] != nil {
		t.Errorf("access token: %v", claims)
	}
	if claims := w.claims(w.current.idTokens["spa"]); claims["SID"] != nil || claims["ſub"] != nil {
		t.Errorf("ID token: %v", claims)
	}
}

func TestAPushedRequestThatIsTooLongIsNotKept(t *testing.T) {
	w := newWorld(t)
	w.apps = []app{{name: "spa"}}
	w.start()
	form := w.query("spa", nil)
	response, _ := w.post("https://"+issuerHost+"/as/par", form)
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("an ordinary request: %d", response.StatusCode)
	}
	for _, name := range []string{"login_hint", "state", "acr_values", "ui_locales"} {
		form.Set(name, strings.Repeat("x", 8000))
	}
	if response, body := w.post("https://"+issuerHost+"/as/par", form); response.StatusCode != http.StatusBadRequest || !strings.Contains(body, "invalid_request") {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

// A sibling sub-domain plants a session token of its own beside the person's, where the cookies have bare names.
func TestASignOffWithAPlantedSessionTokenStillEndsTheSession(t *testing.T) {
	w := newWorld(t)
	w.settings, w.apps = append(w.settings, "cookies: {bareNames: true}"), []app{{name: "spa"}}
	w.start()
	w.use("attacker")
	w.signOn("grace", "spa", nil)
	planted := w.current.cookies["ST"].value
	w.use("person")
	w.signOn("ada", "spa", nil)
	own := w.current.cookies["ST"].value
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/signoff", nil)
	r.Header.Set("Cookie", "ST="+planted+"; ST="+own)
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, r)
	if got := w.signedOff(answer.Result(), answer.Body.String()); strings.Join(got, " ") != "200 signed-off" {
		t.Fatalf("got %v", got)
	}
	if got := w.authorize("spa", []string{"prompt=none"}); strings.Join(got, " ") != "302 error=login_required" {
		t.Errorf("the person was told that they are signed off, and the session goes on: %v", got)
	}
}
