package signoff

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzWithQuery: whatever is added to a registered address, the address stays the same but for what is added to its query.
func FuzzWithQuery(f *testing.F) {
	f.Add("https://app.example.com/out", "https://sso.example.com/as", "sid")
	f.Add("https://app.example.com/out?tenant=a&x=%2F", "a&b=c#d", "\r\nSet-Cookie: x")
	f.Add("com.example.app:/bye", "x", "y")
	f.Add("https://app.example.com?", "", "?")
	f.Fuzz(func(t *testing.T, address, first, second string) {
		before, err := url.Parse(address)
		if err != nil || before.Fragment != "" || strings.Contains(address, "#") || before.String() != address {
			return // the configuration refuses it
		}
		got := withQuery(address, "iss", first, "sid", second)
		after, err := url.Parse(got)
		if err != nil {
			t.Fatalf("%q became %q", address, got)
		}
		values, err := url.ParseQuery(strings.TrimPrefix(after.RawQuery, before.RawQuery))
		if err != nil || len(values) != 2 || values.Get("iss") != first || values.Get("sid") != second || !strings.HasPrefix(after.RawQuery, before.RawQuery) {
			t.Errorf("%q became %q", address, got)
		}
		after.RawQuery, before.RawQuery, after.ForceQuery, before.ForceQuery = "", "", false, false
		if after.String() != before.String() || strings.ContainsAny(got, "\r\n") {
			t.Errorf("%q became %q", address, got)
		}
	})
}
