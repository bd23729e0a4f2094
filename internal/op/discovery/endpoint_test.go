package discovery_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/keys"
	"vigil/internal/op/discovery"
	"vigil/internal/store/bolt"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

func supported() discovery.Supported {
	return discovery.Supported{
		Authorize: "/as/authorize", Token: "/as/token", UserInfo: "/as/userinfo", JWKS: "/as/jwks",
		SignOff: "/as/signoff", CheckSession: "/as/checksession",
		Scopes: []string{"openid", "profile"}, ResponseTypes: []string{"code"}, ResponseModes: []string{"query", "fragment", "form_post"},
		GrantTypes: []string{"authorization_code", "refresh_token"}, TokenAuthMethods: []string{"none", "client_secret_basic"},
		CodeChallengeMethods: []string{"S256"}, SigningAlgs: keys.Algorithms(), SubjectTypes: []string{"public"}, Claims: []string{"sub"}, Prompts: []string{"none", "login"},
	}
}

// newOP is a provider with one environment on a host of its own and on a shared host.
func newOP(t *testing.T) (*web.Router, *keys.Set) {
	t.Helper()
	env := &tenant.Environment{ID: "env", Hosts: []string{"https://sso.example.com"}, Applications: []*tenant.Application{
		{ClientID: "web", Enabled: true, FlowPolicies: []string{"step-up", "sign-on"}},
		{ClientID: "spa", Enabled: true, FlowPolicies: []string{"sign-on"}},
		{ClientID: "off", FlowPolicies: []string{"trial"}},
	}}
	tenants, err := tenant.New([]*tenant.Environment{env}, []string{"https://auth.example.net"})
	if err != nil {
		t.Fatal(err)
	}
	store, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	set, err := keys.Open(context.Background(), store, []string{"env"}, time.Now(), keys.Options{})
	if err != nil {
		t.Fatal(err)
	}
	router := web.NewRouter(web.Options{Tenants: tenants, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	discovery.New(set, supported()).Mount(router)
	return router, set
}

func get(router *web.Router, url, have string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, url, nil)
	if have != "" {
		req.Header.Set("If-None-Match", have)
	}
	w := httptest.NewRecorder()
	router.ServeHTTP(w, req)
	return w
}

// holds: oidcc-discovery-endpoint-verification, oidcc-session-management-discovery-endpoint-verification
// holds: oidcc-rp-initiated-logout-discovery-endpoint-verification
func TestEveryHostIsItsOwnIssuerWithItsOwnAddresses(t *testing.T) {
	router, _ := newOP(t)
	for base, url := range map[string]string{
		"https://sso.example.com":      "https://sso.example.com/as/.well-known/openid-configuration",
		"https://auth.example.net/env": "https://auth.example.net/env/as/.well-known/openid-configuration",
	} {
		w := get(router, url, "")
		var got map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %d %v %q", url, w.Code, err, w.Header().Get("Content-Type"))
		}
		list := func(values ...any) []any { return values }
		want := map[string]any{
			"issuer": base + "/as", "authorization_endpoint": base + "/as/authorize", "token_endpoint": base + "/as/token",
			"userinfo_endpoint": base + "/as/userinfo", "jwks_uri": base + "/as/jwks", "end_session_endpoint": base + "/as/signoff",
			"check_session_iframe": base + "/as/checksession", "claims_parameter_supported": false, "request_parameter_supported": false,
			"request_uri_parameter_supported": false, "scopes_supported": list("openid", "profile"), "response_types_supported": list("code"),
			"response_modes_supported": list("query", "fragment", "form_post"), "grant_types_supported": list("authorization_code", "refresh_token"),
			"subject_types_supported": list("public"), "id_token_signing_alg_values_supported": list("ES256", "RS256", "PS256", "EdDSA"),
			"userinfo_signing_alg_values_supported": list("ES256", "RS256", "PS256", "EdDSA"),
			"token_endpoint_auth_methods_supported": list("none", "client_secret_basic"), "claim_types_supported": list("normal"), "acr_values_supported": list("sign-on", "step-up"),
			"claims_supported": list("sub"), "code_challenge_methods_supported": list("S256"), "prompt_values_supported": list("none", "login"),
			"authorization_response_iss_parameter_supported": true, "require_pushed_authorization_requests": false,
			"authorization_signing_alg_values_supported": list("ES256", "RS256", "PS256", "EdDSA"),
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %v\nwant %v", url, got, want)
		}
	}
}

func TestTheMetadataIsFoundWhereverClientsLook(t *testing.T) {
	router, _ := newOP(t)
	first := get(router, "https://sso.example.com/as/.well-known/openid-configuration", "")
	for _, path := range []string{
		"/as/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/as", "/.well-known/openid-configuration/as",
	} {
		if w := get(router, "https://sso.example.com"+path, ""); w.Code != 200 || w.Body.String() != first.Body.String() {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestWhoLooksForTheMetadataOfAHostIsToldItsIssuer(t *testing.T) {
	router, _ := newOP(t)
	for host, issuer := range map[string]string{"https://sso.example.com": "https://sso.example.com/as", "https://auth.example.net/env": "https://auth.example.net/env/as"} {
		for _, name := range []string{"openid-configuration", "oauth-authorization-server"} {
			w := get(router, host+"/.well-known/"+name, "")
			var told struct {
				Description string `json:"error_description"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || w.Code != 404 || told.Description != "the issuer is "+issuer {
				t.Errorf("%s/%s: %d %v %s", host, name, w.Code, err, w.Body)
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != "*" {
				t.Errorf("%s/%s: a page of an origin that is not registered may not read it: %q", host, name, got)
			}
		}
	}
}

// OIDC Discovery 3: acr_values_supported.
func TestTheFlowsThatApplicationsMayChooseAmongAreTheClassesToAskFor(t *testing.T) {
	router, _ := newOP(t)
	body := get(router, "https://sso.example.com/as/.well-known/openid-configuration", "").Body.String()
	if !strings.Contains(body, `"acr_values_supported":["sign-on","step-up"]`) {
		t.Error(body)
	}
}

func TestWhoHasADocumentIsNotSentItAgainUntilItChanges(t *testing.T) {
	router, set := newOP(t)
	for _, path := range []string{"/as/.well-known/openid-configuration", "/as/jwks"} {
		w := get(router, "https://sso.example.com"+path, "")
		etag := w.Header().Get("ETag")
		if etag == "" || !strings.Contains(w.Header().Get("Cache-Control"), "max-age=") {
			t.Fatalf("%s: %v", path, w.Header())
		}
		for _, have := range []string{etag, "W/" + etag, `"other", ` + etag} {
			if w := get(router, "https://sso.example.com"+path, have); w.Code != 304 || w.Body.Len() != 0 {
				t.Errorf("%s with %s: %d", path, have, w.Code)
			}
		}
		if w := get(router, "https://sso.example.com"+path, `"other"`); w.Code != 200 {
			t.Errorf("%s with another: %d", path, w.Code)
		}
	}
	etag := get(router, "https://sso.example.com/as/jwks", "").Header().Get("ETag")
	if _, err := set.Rotate(context.Background(), "env", time.Now()); err != nil {
		t.Fatal(err)
	}
	w := get(router, "https://sso.example.com/as/jwks", etag)
	var served jose.JSONWebKeySet
	if err := json.Unmarshal(w.Body.Bytes(), &served); err != nil || w.Code != 200 || len(served.Keys) != 6 {
		t.Errorf("after a rotation: %d, %d keys, %v", w.Code, len(served.Keys), err)
	}
}
