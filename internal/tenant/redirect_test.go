package tenant_test

import (
	"testing"

	"vigil/internal/tenant"
)

func TestARedirectURIIsComparedCharacterByCharacter(t *testing.T) {
	app := &tenant.Application{Type: "WEB_APP", RedirectURIs: []string{"https://app.example.com/cb", "http://127.0.0.1/cb", "https://*.example.com/cb"}}
	for _, uri := range []string{
		"https://app.example.com/cb/", "https://app.example.com/cb?", "https://APP.example.com/cb", "https://app.example.com:443/cb", "https://app.example.com/c%62",
		"http://app.example.com/cb", "https://app.example.com@evil.example/cb", "http://127.0.0.1:4000/cb", "https://evil.example.com/cb", "",
	} {
		if app.AllowsRedirect(uri) {
			t.Errorf("%s passes for a registered one", uri)
		}
	}
	if !app.AllowsRedirect("https://app.example.com/cb") {
		t.Error("the registered one is refused")
	}
}

func TestANativeApplicationChoosesItsPortOnLoopback(t *testing.T) {
	app := &tenant.Application{Type: tenant.TypeNative, RedirectURIs: []string{"http://127.0.0.1/cb", "http://[::1]:7000/cb", "http://localhost:7000/cb", "com.example.app:/cb"}}
	for uri, good := range map[string]bool{
		"http://127.0.0.1:51004/cb": true, "http://[::1]:51004/cb": true, "http://127.0.0.1/cb": true,
		"http://127.0.0.1:51004/other": false, "http://127.0.0.1:51004/cb?a=b": false, "http://localhost:51004/cb": false, "https://127.0.0.1:51004/cb": false,
		"http://127.0.0.1:51004@evil.example/cb": false, "http://127.0.0.2:51004/cb": false, "http://127.0.0.1:51004\\@evil.example/cb": false, "http://127.0.0.1:port/cb": false,
	} {
		if app.AllowsRedirect(uri) != good {
			t.Errorf("%s: %v", uri, !good)
		}
	}
}

func TestAStarStandsForOneWordAndNeverForMore(t *testing.T) {
	app := &tenant.Application{
		Type: "WEB_APP", AllowWildcardInRedirectURIs: true, RedirectURIs: []string{"https://*.example.com/cb", "https://app.example.net/tenants/*/cb"},
	}
	for uri, good := range map[string]bool{
		"https://one.example.com/cb": true, "https://app.example.net/tenants/one-2_x/cb": true,
		"https://a.b.example.com/cb": false, "https://evil.example/.example.com/cb": false, "https://evil.example#.example.com/cb": false,
		"https://evil.example?.example.com/cb": false, "https://x:y@evil.example.com/cb": false, "https://.example.com/cb": false, "https://one.example.com/cb/x": false,
		"https://app.example.net/tenants/../cb": false, "https://app.example.net/tenants/a/b/cb": false, "https://app.example.net/tenants/%2e%2e/cb": false,
		"https://app.example.net/tenants//cb": false,
	} {
		if app.AllowsRedirect(uri) != good {
			t.Errorf("%s: %v", uri, !good)
		}
	}
}

func TestARefusedAddressIsToldWhatAloneKeepsItFromARegisteredOne(t *testing.T) {
	registered := []string{"https://app.example.com/", "https://app.example.com/silent.html?v=1", "com.example.app:/cb"}
	for uri, want := range map[string]string{
		"http://app.example.com/":                  "the scheme",
		"https://www.example.com/":                 "the host",
		"https://app.example.com:8443/":            "the port",
		"https://app.example.com/other":            "the path",
		"https://app.example.com/?v=1":             "the query",
		"https://app.example.com/#top":             "the fragment",
		"https://app.example.com":                  "the slash at its end",
		"https://app.example.com/silent.html/?v=1": "the slash at its end",
		"com.example.app:/cb/":                     "the slash at its end",
		"https://app.example.com/silent.html":      "the path", // as it differs from the first
		"https://www.example.com/other":            "",
		"https://app.example.com/%zz":              "",
		"https://APP.example.com/":                 "the host",
		"":                                         "",
	} {
		if got := tenant.OnlyDifference(registered, uri); got != want {
			t.Errorf("%q differs in %q, want %q", uri, got, want)
		}
	}
}
