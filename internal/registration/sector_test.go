package registration

import "testing"

// OIDC Core 8.1: a sector is named by a document that lists every redirect URI of the application.
//
// holds: oidcc-registration-sector-uri, oidcc-registration-sector-bad
func TestASectorListsEveryRedirectURI(t *testing.T) {
	m := Metadata{"redirect_uris": []byte(`["https://a.example.com/cb","https://b.example.com/cb"]`)}
	for document, good := range map[string]bool{
		`["https://b.example.com/cb","https://a.example.com/cb","https://c.example.com/"]`: true,
		`["https://a.example.com/cb"]`:                             false,
		`["https://a.example.com/cb","https://b.example.com/cb/"]`: false,
		`[]`: false,
		`{"redirect_uris":["https://a.example.com/cb"]}`:         false,
		`"https://a.example.com/cb"`:                             false,
		`["https://a.example.com/cb","https://b.example.com/cb"`: false,
		``: false,
	} {
		if fault := m.sector([]byte(document)); (fault == nil) != good {
			t.Errorf("%s: %v", document, fault)
		}
	}
}
