package site_test

import (
	"testing"

	"vigil/internal/site"
)

func TestOriginsAreOfOneSiteAsBrowsersCount(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://sso.example.com", "https://app.example.com", true},
		{"https://sso.example.com", "https://example.com:8443", true},
		{"https://sso.example.com", "http://app.example.com", false},
		{"https://sso.example.com", "https://example.org", false},
		{"https://sso.example.co.uk", "https://other.co.uk", false},
		{"https://sso.example.co.uk", "https://app.example.co.uk", true},
		{"https://one.github.io", "https://two.github.io", false}, // anybody gets a name there
		{"https://127.0.0.1:1", "https://127.0.0.1:2", true},
		{"https://127.0.0.1", "https://127.0.0.2", false},
		{"https://[::1]:1", "https://[::1]:2", true},
		{"http://auth.vigil.localhost", "http://app.vigil.localhost:9", true},
		{"https://sso.example.com", "%", false},
	} {
		if got := site.Same(c.a, c.b); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

func TestAnAuthorityCertifiesPublicNamesOnly(t *testing.T) {
	for host, want := range map[string]bool{
		"sso.example.com": true, "localhost": false, "sso.vigil.localhost": false, "203.0.113.7": false, "2001:db8::1": false, "intranet": false,
	} {
		if got := site.IsName(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}
