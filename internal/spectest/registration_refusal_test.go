package spectest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestRegisteringNeedsATokenThatIsGoodHereAndNow(t *testing.T) {
	t.Parallel()
	w, token := open(t, "")
	once := w.initialToken(1)
	own := w.registered(token, nil).text("registration_access_token")
	for what, wrong := range map[string]string{"none": "", "a made-up one": strings.Repeat("A", 43), "a cut one": token[:42], "one of a client": own} {
		r := w.ask(http.MethodPost, registerPath, wrong, metadata(nil))
		if r.status != 401 || !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	w.registered(once, nil)
	if r := w.ask(http.MethodPost, registerPath, once, metadata(nil)); r.status != 401 {
		t.Errorf("a token for one let another in: %d", r.status)
	}
	list, err := w.server.Clients.Tokens(t.Context(), "test")
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	if found, err := w.server.Clients.Revoke(t.Context(), "test", list[0].ID); !found || err != nil {
		t.Fatal(found, err)
	}
	if r := w.ask(http.MethodPost, registerPath, token, metadata(nil)); r.status != 401 {
		t.Errorf("after it was taken back: %d", r.status)
	}
	token = w.initialToken(-1)
	w.advance("25h")
	if r := w.ask(http.MethodPost, registerPath, token, metadata(nil)); r.status != 401 {
		t.Errorf("after its time: %d", r.status)
	}
	closed := newWorld(t)
	if r := closed.ask(http.MethodPost, registerPath, token, metadata(nil)); r.status != 404 {
		t.Errorf("where nobody may register: %d", r.status)
	}
	if _, said := closed.get("https://" + issuerHost + "/as/.well-known/openid-configuration"); strings.Contains(said, "registration_endpoint") {
		t.Error("discovery names an address where nobody may register")
	}
	if _, said := w.get("https://" + issuerHost + "/as/.well-known/openid-configuration"); !strings.Contains(said, `"registration_endpoint":"https://`+issuerHost+registerPath+`"`) {
		t.Error("discovery does not name the address")
	}
}

func TestEveryRefusalOfMetadataHasItsCode(t *testing.T) {
	t.Parallel()
	w, token := open(t, "perHour: 1000, grantTypes: [AUTHORIZATION_CODE, IMPLICIT, REFRESH_TOKEN, CLIENT_CREDENTIALS]")
	redirect := func(address string) map[string]any { return map[string]any{"redirect_uris": []string{address}} }
	for _, c := range []struct {
		code    string
		changes map[string]any
	}{
		{"invalid_redirect_uri", map[string]any{"redirect_uris": nil}},
		{"invalid_redirect_uri", map[string]any{"redirect_uris": []string{}}},
		{"invalid_redirect_uri", map[string]any{"redirect_uris": notesRedirect}},
		{"invalid_redirect_uri", redirect("http://notes.example.com/callback")},
		{"invalid_redirect_uri", redirect("https://notes.example.com/callback#x")},
		{"invalid_redirect_uri", redirect("https://a@notes.example.com/callback")},
		{"invalid_redirect_uri", redirect("https://*.example.com/callback")},
		{"invalid_redirect_uri", redirect("javascript:alert(1)")},
		{"invalid_redirect_uri", redirect("//notes.example.com/callback")},
		{"invalid_redirect_uri", redirect("https://NOTES.example.com/callback")},
		{"invalid_redirect_uri", redirect("https://notes.example.com\r\nSet-Cookie: a=b")},
		{"invalid_redirect_uri", redirect("https://" + issuerHost + "/static/x")},
		{"invalid_redirect_uri", map[string]any{"redirect_uris": []string{"http://localhost/cb"}, "grant_types": []string{"implicit"}, "response_types": []string{"id_token"}}},
		{"invalid_client_metadata", map[string]any{"post_logout_redirect_uris": []string{"https://" + issuerHost + "/as/x"}}},
		{"invalid_client_metadata", map[string]any{"client_name": 1}},
		{"invalid_client_metadata", map[string]any{"client_name": "${SECRET}"}},
		{"invalid_client_metadata", map[string]any{"client_name": "Notes \u202eknab ruoY"}},         // reads another way than it is written
		{"invalid_client_metadata", map[string]any{"client_name": strings.Repeat("Nothing. ", 20)}}, // leaves no room for the question
		// Whoever names somebody else's address would be told the names that people have there.
		{"invalid_client_metadata", map[string]any{"subject_type": "pairwise", "clientSessionUri": "https://other.example.com/"}},
		{"invalid_client_metadata", map[string]any{"application_type": "service"}},
		{"invalid_client_metadata", map[string]any{"token_endpoint_auth_method": "client_secret_what"}},
		{"invalid_client_metadata", map[string]any{"grant_types": []string{"password"}}},
		{"invalid_client_metadata", map[string]any{"grant_types": []string{"urn:ietf:params:oauth:grant-type:device_code"}}},
		{"invalid_client_metadata", map[string]any{"grant_types": []string{"client_credentials"}}},
		{"invalid_client_metadata", map[string]any{"grant_types": []string{"client_credentials"}, "response_types": []string{"code"}, "token_endpoint_auth_method": "client_secret_basic"}},
		{"invalid_client_metadata", map[string]any{"response_types": []string{"token"}}},
		{"invalid_client_metadata", map[string]any{"response_types": []string{"id_token"}}},
		{"invalid_client_metadata", map[string]any{"response_types": []string{"code none"}}},
		{"invalid_client_metadata", map[string]any{"token_endpoint_auth_method": "private_key_jwt"}},
		{"invalid_client_metadata", map[string]any{"jwks": map[string]any{"keys": []any{}}}},
		{"invalid_client_metadata", map[string]any{"jwks": map[string]any{"keys": []any{map[string]string{"kty": "oct", "k": "c2VjcmV0"}}}}},
		{"invalid_client_metadata", map[string]any{"jwks": "https://notes.example.com/jwks"}},
		{"invalid_client_metadata", map[string]any{"jwks_uri": "http://notes.example.com/jwks"}},
		{"invalid_client_metadata", map[string]any{"jwks_uri": "https://10.0.0.1/jwks"}},
		{"invalid_client_metadata", map[string]any{"jwks_uri": "http://127.0.0.1:8080/jwks"}},
		{"invalid_client_metadata", map[string]any{"jwks_uri": "https://metadata.localhost/jwks"}},
		{"invalid_client_metadata", map[string]any{"sector_identifier_uri": "http://localhost/sector"}},
		{"invalid_client_metadata", map[string]any{"subject_type": "transient"}},
		{"invalid_client_metadata", map[string]any{"id_token_signed_response_alg": "none"}},
		{"invalid_client_metadata", map[string]any{"id_token_signed_response_alg": "HS256"}},
		{"invalid_client_metadata", map[string]any{"token_endpoint_auth_signing_alg": "none"}},
		{"invalid_client_metadata", map[string]any{"id_token_encrypted_response_alg": "RSA1_5"}},
		{"invalid_client_metadata", map[string]any{"id_token_encrypted_response_alg": "ECDH-ES"}}, // without a key
		{"invalid_client_metadata", map[string]any{"userinfo_encrypted_response_enc": "A256GCM"}}, // without alg
		{"invalid_client_metadata", map[string]any{"backchannel_logout_uri": "http://notes.example.com/logout"}},
		{"invalid_client_metadata", map[string]any{"frontchannel_logout_uri": "https://elsewhere.example.com/logout"}},
		{"invalid_client_metadata", map[string]any{"opSessionCheckEnabled": "true"}},
		{"invalid_client_metadata", map[string]any{"scope": "openid \"x\""}},
		{"invalid_client_metadata", map[string]any{"contacts": slices.Repeat([]string{"x"}, 100)}},
		{"invalid_software_statement", map[string]any{"software_statement": "x"}},
		{"unapproved_software_statement", map[string]any{"software_statement": "e30.e30.x"}},
	} {
		r := w.ask(http.MethodPost, registerPath, token, metadata(c.changes))
		if r.status != 400 || r.text("error") != c.code || r.text("error_description") == "" {
			t.Errorf("%v: %d %v", c.changes, r.status, r.body)
		}
		for _, theirs := range []string{"redirectUris", "AUTHORIZATION_CODE", "tokenEndpointAuthMethod", "jwksUrl", "SINGLE_PAGE_APP"} {
			if strings.Contains(r.text("error_description"), theirs) {
				t.Errorf("%v: told in names that the client does not know: %v", c.changes, r.body)
			}
		}
	}
	for _, body := range []any{"", "[]", "null", "{", `"x"`, strings.Repeat(" ", 40<<10)} {
		if r := w.ask(http.MethodPost, registerPath, token, body); r.status != 400 {
			t.Errorf("%.10v: %d", body, r.status)
		}
	}
	if list, _, err := w.server.Clients.List(t.Context(), "test", "", 100); err != nil || len(list) != 0 {
		t.Errorf("%d were registered: %v", len(list), err)
	}
}
