package oidc_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"vigil/internal/oidc"
)

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

func TestBasicCredentialsAreFormDecoded(t *testing.T) {
	c, e := oidc.ParseCredentials(form(t, ""), basic("web app", "p:ss+w%rd&"))
	if e != nil || c != (oidc.Credentials{ClientID: "web app", Secret: "p:ss+w%rd&", Method: oidc.AuthBasic}) {
		t.Errorf("%+v %v", c, e)
	}
}

func TestATokenRequestIsReadOnlyWhenItIsClear(t *testing.T) {
	const code = "grant_type=authorization_code&code=c&redirect_uri=https://a.example/cb"
	for name, c := range map[string]struct{ form, header, code string }{
		"a public client":                    {code + "&client_id=spa", "", ""},
		"a secret in the body":               {code + "&client_id=web&client_secret=s", "", ""},
		"a secret in the header":             {code, basic("web", "s"), ""},
		"the header and the same client_id":  {code + "&client_id=web", basic("web", "s"), ""},
		"a refresh":                          {"grant_type=refresh_token&refresh_token=r&client_id=spa&scope=openid", "", ""},
		"the header and another client_id":   {code + "&client_id=spa", basic("web", "s"), "invalid_request"},
		"two ways of authentication":         {code + "&client_secret=s", basic("web", "s"), "invalid_request"},
		"no client at all":                   {code, "", "invalid_client"},
		"another scheme":                     {code + "&client_id=spa", "Bearer abc", "invalid_client"},
		"a header that is not base64":        {code, "Basic !!!", "invalid_client"},
		"a header without a colon":           {code, "Basic " + base64.StdEncoding.EncodeToString([]byte("web")), "invalid_client"},
		"a header with a broken escape":      {code, "Basic " + base64.StdEncoding.EncodeToString([]byte("web:%zz")), "invalid_client"},
		"an assertion":                       {code + "&client_id=web&client_assertion=eyJ", "", "invalid_client"},
		"an assertion of another type":       {code + "&client_assertion=eyJ&client_assertion_type=saml", "", "invalid_client"},
		"an assertion and a secret":          {code + "&client_assertion=eyJ&client_secret=x", "", "invalid_request"},
		"an assertion and a header":          {code + "&client_assertion=eyJ", basic("web", "x"), "invalid_request"},
		"two client_ids":                     {code + "&client_id=a&client_id=b", "", "invalid_request"},
		"no grant_type":                      {"code=c&client_id=spa", "", "invalid_request"},
		"an unknown grant_type":              {"grant_type=password&client_id=spa", "", "unsupported_grant_type"},
		"no code":                            {"grant_type=authorization_code&client_id=spa", "", "invalid_request"},
		"two codes":                          {code + "&code=d&client_id=spa", "", "invalid_request"},
		"no refresh_token":                   {"grant_type=refresh_token&client_id=spa", "", "invalid_request"},
		"a scope with a forbidden character": {"grant_type=refresh_token&refresh_token=r&client_id=spa&scope=%5C", "", "invalid_scope"},
		"two verifiers":                      {code + "&client_id=spa&code_verifier=a&code_verifier=b", "", "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			r, e := oidc.ParseToken(form(t, c.form), c.header)
			switch {
			case c.code == "" && e != nil:
				t.Errorf("refused: %v", e)
			case c.code != "" && (e == nil || e.Code != c.code):
				t.Errorf("got %v (%+v), want %s", e, r, c.code)
			}
			if strings.HasPrefix(c.header, "Basic") && r.Client.Method != oidc.AuthBasic {
				t.Error("the attempt with HTTP Basic is forgotten: it could not be challenged")
			}
		})
	}
}

func TestAVerifierFitsItsChallengeOnly(t *testing.T) {
	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	other := "A" + verifier[1:]
	for name, c := range map[string]struct {
		method, challenge, verifier string
		want                        bool
	}{
		"S256":                        {"S256", challenge, verifier, true},
		"S256 of another":             {"S256", challenge, other, false},
		"S256 sent as plain":          {"plain", challenge, verifier, false},
		"the challenge as verifier":   {"S256", challenge, challenge, false},
		"plain":                       {"plain", verifier, verifier, true},
		"plain of another":            {"plain", verifier, other, false},
		"too short":                   {"plain", "abc", "abc", false},
		"empty":                       {"plain", "", "", false},
		"without a method":            {"", verifier, verifier, false},
		"a character that is no part": {"plain", verifier[:42] + "!", verifier[:42] + "!", false},
	} {
		if got := oidc.VerifyPKCE(c.method, c.challenge, c.verifier); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("grant_type=authorization_code&code=c&redirect_uri=https://a.example/cb&client_id=spa&code_verifier=v", "")
	f.Add("grant_type=refresh_token&refresh_token=r&scope=openid", basic("web", "s"))
	f.Add("client_secret=s&client_id=web&grant_type=authorization_code&code=c", "")
	f.Add("client_id=web", "Basic d2ViOg==")
	f.Add("", "Basic ")
	f.Fuzz(func(t *testing.T, body, header string) {
		v, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		r, e := oidc.ParseToken(v, header)
		if e != nil {
			if e.Code == "" || e.HTTPStatus() < 400 || e.HTTPStatus() > 499 {
				t.Fatalf("a refusal without a code or a status: %+v", e)
			}
			return
		}
		switch {
		case r.Client.ClientID == "":
			t.Fatal("a request of nobody")
		case r.Client.Method == oidc.AuthNone && (r.Client.Secret != "" || header != ""):
			t.Fatal("a secret was overlooked")
		case r.Client.Method == oidc.AuthBasic && v.Has("client_secret"):
			t.Fatal("two ways of authentication")
		case r.GrantType == oidc.GrantAuthorizationCode && r.Code == "", r.GrantType == oidc.GrantRefreshToken && r.RefreshToken == "":
			t.Fatal("nothing to redeem")
		}
	})
}
