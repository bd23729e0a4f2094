package spectest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// holds: a-client-is-no-person
func TestAnApplicationGetsTokensForItselfAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{api("scopes=[openid, read, write, offline_access]"), {"spa", nil}}
	r := w.call("/as/token", asAPI(url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}))
	if r.status != 200 || r.text("scope") != "read" || r.body["id_token"] != nil || r.body["refresh_token"] != nil {
		t.Fatalf("%d %v", r.status, r.body)
	}
	claims := payload(t, r.text("access_token"))
	if claims["sub"] != "api" || claims["client_id"] != "api" || claims["sid"] != nil || claims["auth_time"] != nil {
		t.Errorf("claims %v", claims)
	}
	if said := w.introspect(r.text("access_token")); said.body["active"] != true || said.text("sub") != "api" {
		t.Errorf("introspected: %v", said.body)
	}
	if r := w.call("/as/token", asAPI(url.Values{"grant_type": {"client_credentials"}})); r.text("scope") != "read write" {
		t.Errorf("without a scope: %v", r.body)
	}
	for what, form := range map[string]url.Values{
		"openid":           asAPI(url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}}),
		"a scope too many": asAPI(url.Values{"grant_type": {"client_credentials"}, "scope": {"read admin"}}),
		"a public client":  {"grant_type": {"client_credentials"}, "client_id": {"spa"}},
		"no proof":         {"grant_type": {"client_credentials"}, "client_id": {"api"}},
	} {
		if r := w.call("/as/token", form); r.status != 400 {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	if r := w.call("/as/userinfo", nil, "Authorization", "Bearer "+r.text("access_token")); r.status != 403 {
		t.Errorf("userinfo for nobody: %d", r.status)
	}
}

func TestATokenIsExchangedForOneThatIsNeverWorthMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{api("grantTypes=[TOKEN_EXCHANGE, CLIENT_CREDENTIALS]", "scopes=[openid, profile]"), {"spa", nil}}
	w.start()
	w.signOn("ada", "spa", []string{"scope=openid+profile+offline_access"})
	w.redeem("spa")
	access := w.current.accessTokens["spa"]
	exchange := func(pairs ...string) reply {
		form := asAPI(url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token": {access},
			"subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		})
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return w.call("/as/token", form)
	}
	w.advance("10m")
	r := exchange()
	if r.status != 200 || r.text("issued_token_type") == "" || r.body["refresh_token"] != nil || r.text("scope") != "openid profile" || r.body["expires_in"] != 3000.0 {
		t.Fatalf("%d %v", r.status, r.body)
	}
	before, after := payload(t, access), payload(t, r.text("access_token"))
	actor, _ := after["act"].(map[string]any)
	if after["sub"] != before["sub"] || after["client_id"] != "api" || actor["sub"] != "api" || after["exp"] != before["exp"] || after["sid"] != before["sid"] {
		t.Errorf("%v", after)
	}
	for what, pairs := range map[string][]string{
		"a wider scope": {"scope", "offline_access"}, "an ID token": {"subject_token", w.current.idTokens["spa"]}, "nonsense": {"subject_token", "x"},
		"another type": {"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"}, "an actor": {"actor_token", access},
		"a resource": {"resource", "https://api.example.com"}, "another audience": {"audience", "https://api.example.com"},
		"a refresh token": {"requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"},
	} {
		if r := exchange(pairs...); r.status != 400 {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	w.call("/as/revoke", url.Values{"token": {w.current.refreshTokens["spa"]}, "client_id": {"spa"}})
	if said := w.introspect(r.text("access_token")); said.body["active"] != false {
		t.Error("what was revoked lives on in what it was exchanged for")
	}
	if r := exchange(); r.status != 400 {
		t.Errorf("a revoked token: %v", r.body)
	}
}

func TestApplicationsOfDifferentSectorsKnowAPersonByDifferentNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"subjectType=pairwise", "idTokenSigningAlg=EdDSA", "userinfoSignedResponseAlg=PS256"}}, {"other", []string{"subjectType=pairwise"}}, {"plain", nil}}
	w.start()
	names := map[any]bool{}
	for _, name := range []string{"spa", "other", "plain"} {
		w.signOn("ada", name, nil)
		w.redeem(name)
		subject := payload(t, w.current.idTokens[name])["sub"]
		names[subject] = true
		if payload(t, w.current.accessTokens[name])["sub"] != subject || w.userinfo(name)[0] != "200" {
			t.Errorf("%s: tokens and userinfo do not agree", name)
		}
		if got := w.authorize(name, []string{"prompt=none", "hint=" + name}); !contains(got, "code") {
			t.Errorf("%s: its own hint is refused: %v", name, got)
		}
	}
	if len(names) != 3 {
		t.Errorf("%d names", len(names))
	}
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+w.current.accessTokens["spa"])
	response, body := w.current.visit(w, r)
	if claims := payload(t, body); response.Header.Get("Content-Type") != "application/jwt" || claims["aud"] != "spa" || !names[claims["sub"]] {
		t.Errorf("%s: %v", response.Header.Get("Content-Type"), claims)
	}
}
