package server_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/config"
	"vigil/internal/server"
)

const mistakesConfiguration = `data: data
environments:
  - id: test
    hosts: ["http://sso.vigil.localhost"]
    applications:
      - clientId: spa
        type: SINGLE_PAGE_APP
        redirectUris: ["http://spa.vigil.localhost:3000/"]
        postLogoutRedirectUris: ["http://spa.vigil.localhost:3000/bye"]
`

func TestWhoeverBuildsAnApplicationLearnsWhatIsWrongWithItsRequest(t *testing.T) {
	folder := t.TempDir()
	cfg, found := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(mistakesConfiguration), os.LookupEnv)
	if cfg == nil {
		t.Fatal(found)
	}
	var log bytes.Buffer
	s, err := server.New(t.Context(), server.Options{Config: cfg, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := "http://spa.vigil.localhost:3000"
	for name, c := range map[string]struct {
		path  string
		query url.Values
		page  string // what the person sees. Empty: the browser is sent on
		log   []string
	}{
		"an address that is not registered": {
			"/as/authorize",
			url.Values{"redirect_uri": {at}},
			"redirect_uri is not registered for this application: a registered one differs in the slash at its end alone.",
			[]string{"client=spa", at + ")"},
		},
		"another one": {"/as/authorize", url.Values{"redirect_uri": {at + "0/x"}}, "redirect_uri is not registered for this application.", []string{"client=spa", at + "0/x"}},
		"an application that is unknown": {
			"/as/authorize", url.Values{"client_id": {"spaa"}}, "client_id names no application of this environment.", []string{"client=spaa"},
		},
		"a fault that goes to the application": {"/as/authorize", url.Values{"id_token_hint": {"x"}}, "", []string{"client=spa", "id_token_hint is not an ID token of this issuer ("}},
		"a response type of others":            {"/as/authorize", url.Values{"response_type": {"none"}}, "", []string{"client=spa", "responseTypes of this application lack NONE"}},
		"an address after a sign-off": {
			"/as/signoff",
			url.Values{"post_logout_redirect_uri": {at + "/"}},
			"post_logout_redirect_uri is not registered for this application: a registered one differs in the path alone.",
			[]string{"client=spa", "post_logout_redirect_uri=" + at + "/\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			log.Reset()
			q := url.Values{
				"client_id": {"spa"}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {at + "/"},
				"code_challenge": {strings.Repeat("A", 43)}, "code_challenge_method": {"S256"},
			}
			for name, values := range c.query {
				q[name] = values
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://sso.vigil.localhost"+c.path+"?"+q.Encode(), nil))
			if c.page == "" && w.Code != http.StatusFound || !strings.Contains(w.Body.String(), c.page) {
				t.Errorf("it is answered %d:\n%s", w.Code, w.Body)
			}
			if out := `<a class="button" href="http://sso.vigil.localhost/as/signoff">`; strings.Contains(w.Body.String(), out) != (c.path == "/as/signoff") {
				t.Errorf("whoever wants to sign off finds no way to:\n%s", w.Body)
			}
			for _, want := range c.log {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log does not tell %q:\n%s", want, &log)
				}
			}
		})
	}
}
