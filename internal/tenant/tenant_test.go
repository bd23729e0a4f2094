package tenant_test

import (
	"testing"

	"vigil/internal/tenant"
)

func tenants(t *testing.T) *tenant.Tenants {
	t.Helper()
	all, err := tenant.New([]*tenant.Environment{
		{ID: "home", Hosts: []string{"https://sso.example.com", "https://login.example.org:8443"}},
		{ID: "work"},
	}, []string{"https://shared.example.net"})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestARequestFindsItsEnvironmentByHostOrByPath(t *testing.T) {
	all := tenants(t)
	for _, c := range []struct{ host, path, issuer, rest string }{
		{"sso.example.com", "/as/token", "https://sso.example.com/as", "/as/token"},
		{"SSO.Example.COM", "/", "https://sso.example.com/as", "/"},
		{"login.example.org:8443", "/as/jwks", "https://login.example.org:8443/as", "/as/jwks"},
		{"shared.example.net", "/home/as/token", "https://shared.example.net/home/as", "/as/token"},
		{"shared.example.net", "/work", "https://shared.example.net/work/as", ""},
		{"shared.example.net", "/.well-known/oauth-authorization-server/work/as", "https://shared.example.net/work/as", "/.well-known/oauth-authorization-server/as"},
	} {
		base, rest, ok := all.Find(c.host, c.path)
		if !ok || base.Issuer() != c.issuer || rest != c.rest {
			t.Errorf("%s%s: got %q, %q, %v", c.host, c.path, base.Issuer(), rest, ok)
		}
	}
}

func TestARequestForAHostOrAnEnvironmentThatIsNotThereFindsNothing(t *testing.T) {
	all := tenants(t)
	for _, c := range [][2]string{
		{"evil.example.com", "/as/token"},
		{"login.example.org", "/as/token"},
		{"sso.example.com.", "/as"},
		{"", "/as"},
		{"shared.example.net", "/"},
		{"shared.example.net", ""},
		{"shared.example.net", "/nobody/as"},
		{"shared.example.net", "home/as"},
		{"shared.example.net", "/.well-known/"},
		{"shared.example.net", "/HOME/as"},
	} {
		if base, _, ok := all.Find(c[0], c[1]); ok {
			t.Errorf("%s%s found %q", c[0], c[1], base.Issuer())
		}
	}
}

func TestTwoEnvironmentsCannotClaimOneHostOrOneID(t *testing.T) {
	for name, environments := range map[string][]*tenant.Environment{
		"host": {{ID: "a", Hosts: []string{"https://sso.example.com"}}, {ID: "b", Hosts: []string{"https://SSO.example.com"}}},
		"id":   {{ID: "a"}, {ID: "a"}},
	} {
		if _, err := tenant.New(environments, nil); err == nil {
			t.Errorf("the same %s twice was taken", name)
		}
	}
}

func TestAnApplicationSpeaksFromItsOwnOriginsOnly(t *testing.T) {
	app := &tenant.Application{
		ClientID: "spa", Enabled: true, RedirectURIs: []string{"https://app.example.com/callback"},
		CORS: tenant.CORS{Origins: []string{"https://tools.example.com", "https://*.preview.example.com"}},
	}
	if _, err := tenant.New([]*tenant.Environment{{ID: "e", Applications: []*tenant.Application{app}}}, nil); err != nil {
		t.Fatal(err)
	}
	for origin, want := range map[string]bool{
		"https://app.example.com": true, "https://tools.example.com": true, "https://one.preview.example.com": true,
		"http://app.example.com": false, "https://app.example.com:444": false, "https://preview.example.com": false,
		"https://a.b.preview.example.com": false, "https://evil.com/.preview.example.com": false, "https://.preview.example.com": false,
		"null": false, "": false, "https://app.example.com.evil.com": false,
	} {
		if app.AllowsOrigin(origin) != want {
			t.Errorf("%q: %v", origin, !want)
		}
	}
	app.CORS.Behavior = tenant.CORSNone
	if app.AllowsOrigin("https://app.example.com") {
		t.Error("ALLOW_NO_ORIGINS allows an origin")
	}
}

func TestSessionStateIsMintedForSecureOriginsOnly(t *testing.T) {
	app := &tenant.Application{ClientID: "spa", RedirectURIs: []string{
		"https://app.example.com/cb", "http://app.example.com/cb", "http://127.0.0.1:3000/cb", "http://app.localhost:3000/cb", "com.example.app:/cb",
	}}
	if _, err := tenant.New([]*tenant.Environment{{ID: "e", Applications: []*tenant.Application{app}}}, nil); err != nil {
		t.Fatal(err)
	}
	for uri, want := range map[string]string{
		"https://app.example.com/cb": "https://app.example.com", "http://app.example.com/cb": "", "com.example.app:/cb": "",
		"http://127.0.0.1:3000/cb": "http://127.0.0.1:3000", "http://app.localhost:3000/cb": "http://app.localhost:3000", "https://other/cb": "",
	} {
		if got := app.SessionOrigin(uri); got != want {
			t.Errorf("%s: got %q, want %q", uri, got, want)
		}
	}
}
