package token_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

func TestACodeBecomesTokensThatSayWhoSignedOnAndWhen(t *testing.T) {
	o := newOP(t)
	r := o.exchange("spa", o.code("spa"))
	if r.status != 200 || r.text("token_type") != "Bearer" || r.body["expires_in"] != 3600.0 || r.text("scope") != "openid profile" ||
		r.header.Get("Pragma") != "no-cache" || r.body["refresh_token"] != nil {
		t.Fatalf("%+v", r)
	}
	now, sid := float64(o.now.Unix()), grant.PublicSessionID(adasSession)
	sum := sha256.Sum256([]byte(r.text("access_token")))
	want := map[string]any{
		"iss": issuer, "sub": adaID, "aud": "spa", "iat": now, "exp": now + 3600, "auth_time": now - 60, "nonce": "n-0S6_WzA2Mj",
		"acr": "Single_Factor", "amr": []any{"pwd"}, "sid": sid, "at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]),
	}
	if got := o.claims(r.text("id_token"), keys.TypeIDToken, keys.ES256); !reflect.DeepEqual(got, want) {
		t.Errorf("ID token\ngot  %v\nwant %v", got, want)
	}
	got := o.claims(r.text("access_token"), keys.TypeAccessToken, keys.ES256)
	for name, value := range map[string]any{
		"iss": issuer, "sub": adaID, "aud": issuer, "client_id": "spa", "scope": "openid profile", "sid": sid, "iat": now, "exp": now + 3600,
	} {
		if got[name] != value {
			t.Errorf("access token: %s is %v, want %v", name, got[name], value)
		}
	}
	if jti, _ := got["jti"].(string); len(jti) < 22 {
		t.Errorf("jti %q", jti)
	}
	if strings.Contains(fmt.Sprint(got), string(adasSession)) {
		t.Error("the session id is in the access token")
	}
}

func TestEveryApplicationProvesItselfByTheOneWayItIsRegisteredFor(t *testing.T) {
	o := newOP(t)
	inForm := func(id, secret string) (string, []string) {
		return "", []string{"client_id", id, "client_secret", secret}
	}
	inHeader := func(id, secret string) (string, []string) { return basic(id, secret), nil }
	nothing := func(id, _ string) (string, []string) { return "", []string{"client_id", id} }
	for name, c := range map[string]struct {
		app, secret string
		how         func(id, secret string) (string, []string)
		status      int
	}{
		"basic, by header":             {"basic", secret, inHeader, 200},
		"basic, with the other secret": {"basic", "the old one", inHeader, 200},
		"basic, wrong secret":          {"basic", "wrong", inHeader, 401},
		"basic, empty secret":          {"basic", "", inHeader, 401},
		"basic, by form":               {"basic", secret, inForm, 400},
		"basic, without a secret":      {"basic", "", nothing, 400},
		"post, by form":                {"post", secret, inForm, 200},
		"post, wrong secret":           {"post", "wrong", inForm, 400},
		"post, by header":              {"post", secret, inHeader, 401},
		"post, without a secret":       {"post", "", nothing, 400},
		"spa, without a secret":        {"spa", "", nothing, 200},
		"spa, with a secret":           {"spa", secret, inForm, 400},
		"spa, by header":               {"spa", secret, inHeader, 401},
		"unknown, by header":           {"stranger", secret, inHeader, 401},
		"unknown, without a secret":    {"stranger", "", nothing, 400},
	} {
		t.Run(name, func(t *testing.T) {
			header, form := c.how(c.app, c.secret)
			r := o.post(header, append(form, "grant_type", "authorization_code", "code", o.code(c.app), "redirect_uri", callback,
				"code_verifier", verifier)...)
			if r.status != c.status {
				t.Fatalf("%d %v", r.status, r.body)
			}
			if r.status != 200 && r.text("error") != "invalid_client" {
				t.Errorf("error %q", r.text("error"))
			}
			// RFC 6749 5.2: the challenge matches the way the client came.
			if challenge := r.header.Get("WWW-Authenticate"); (r.status == 401) != strings.HasPrefix(challenge, `Basic realm="`) {
				t.Errorf("%d with challenge %q", r.status, challenge)
			}
		})
	}
	o.apps["spa"].Enabled = false
	if r := o.exchange("spa", o.code("spa")); r.text("error") != "invalid_client" {
		t.Errorf("disabled application: %v", r.body)
	}
}

func TestACodeThatDoesNotFitTheRequestGivesNothing(t *testing.T) {
	o := newOP(t)
	ok := []string{"grant_type", "authorization_code", "redirect_uri", callback, "client_id", "spa", "code_verifier", verifier}
	with := func(name, value string) []string {
		pairs := append([]string(nil), ok...)
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				pairs[i+1] = value
			}
		}
		return pairs
	}
	plain := func(g *grant.Grant) { g.CodeChallenge, g.CodeChallengeMethod = verifier, oidc.ChallengePlain }
	bare := func(g *grant.Grant) { g.CodeChallenge, g.CodeChallengeMethod = "", "" }
	for name, c := range map[string]struct {
		code  string
		pairs []string
	}{
		"of another client":           {o.code("native"), ok},
		"of another issuer":           {o.code("spa", func(g *grant.Grant) { g.Issuer = "https://login.example.org/as" }), ok},
		"for another redirect URI":    {o.code("spa"), with("redirect_uri", callback+"/")},
		"without the redirect URI":    {o.code("spa"), with("redirect_uri", "")},
		"with another verifier":       {o.code("spa"), with("code_verifier", "x"+verifier[1:])},
		"without a verifier":          {o.code("spa"), with("code_verifier", "")},
		"with a plain challenge":      {o.code("spa", plain), ok},
		"without a challenge":         {o.code("spa", bare), ok},
		"without either":              {o.code("spa", bare), with("code_verifier", "")},
		"taken out of a native's":     {o.code("native", bare), with("client_id", "native")},
		"rubbish":                     {"rubbish", ok},
		"older than a minute":         {o.code("spa", func(g *grant.Grant) { g.Expires = o.now }), ok},
		"of a session that has ended": {o.code("spa", func(g *grant.Grant) { g.SessionID = []byte("session-of-bob-22bytes") }), ok},
	} {
		t.Run(name, func(t *testing.T) {
			r := o.post("", append([]string{"code", c.code}, c.pairs...)...)
			if r.status != 400 || r.text("error") != "invalid_grant" || r.body["access_token"] != nil {
				t.Errorf("%d %v", r.status, r.body)
			}
		})
	}
	t.Run("a refused attempt does not use the code up", func(t *testing.T) {
		code := o.code("spa")
		o.post("", append([]string{"code", code}, with("code_verifier", "x"+verifier[1:])...)...)
		if r := o.exchange("spa", code); r.status != 200 {
			t.Errorf("%d %v", r.status, r.body)
		}
	})
	t.Run("where PKCE is optional it may be left out", func(t *testing.T) {
		r := o.post("", "code", o.code("native", bare), "grant_type", "authorization_code", "redirect_uri", callback, "client_id", "native")
		if r.status != 200 {
			t.Errorf("%d %v", r.status, r.body)
		}
	})
}

func TestACodeIsGoodOnce(t *testing.T) {
	o := newOP(t)
	code := o.code("native")
	first := o.exchange("native", code)
	if first.status != 200 {
		t.Fatalf("%d %v", first.status, first.body)
	}
	o.now = o.now.Add(30 * time.Second)
	if r := o.exchange("native", code); r.status != 400 || r.text("error") != "invalid_grant" {
		t.Fatalf("second use: %d %v", r.status, r.body)
	}
	if r := o.refresh("native", first.text("refresh_token")); r.text("error") != "invalid_grant" {
		t.Errorf("the refresh token of the first use lives on: %v", r.body)
	}
}

func TestAMalformedTokenRequestIsNamed(t *testing.T) {
	o := newOP(t)
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct{ contentType, body, code string }{
		"JSON":                   {"application/json", `{"grant_type":"authorization_code"}`, "invalid_request"},
		"no content type":        {"", "grant_type=authorization_code&client_id=spa", "invalid_request"},
		"a giant body":           {form, "client_id=spa&code=" + strings.Repeat("x", 200<<10), "invalid_request"},
		"a broken escape":        {form, "client_id=%zz", "invalid_request"},
		"another grant type":     {form, "client_id=spa&grant_type=password", "unsupported_grant_type"},
		"client credentials":     {form, "client_id=spa&grant_type=client_credentials", "unauthorized_client"},
		"a grant not registered": {form, "client_id=spa&grant_type=refresh_token&refresh_token=x", "unauthorized_client"},
	} {
		if r := o.send(host, c.contentType, "", c.body); r.status != 400 || r.text("error") != c.code {
			t.Errorf("%s: %d %v", name, r.status, r.body)
		}
	}
	o.apps["spa"].GrantTypes = nil
	if r := o.exchange("spa", o.code("spa")); r.text("error") != "unauthorized_client" {
		t.Errorf("an application without codes: %v", r.body)
	}
}

func TestClaimsOfAFlowComeIntoTheTokensButNeverOverTheProtocols(t *testing.T) {
	o := newOP(t)
	r := o.exchange("spa", o.code("spa", func(g *grant.Grant) {
		g.IDTokenClaims = []byte(`{"tier":"gold","sub":"eve","iss":"https://evil","events":{},"sid":"x"}`)
		g.AccessTokenClaims = []byte(`{"roles":["admin"],"gid":"x","scope":"everything"}`)
	}))
	id, access := o.claims(r.text("id_token"), keys.TypeIDToken, keys.ES256), o.claims(r.text("access_token"), keys.TypeAccessToken, keys.ES256)
	if id["tier"] != "gold" || id["sub"] != adaID || id["iss"] != issuer || id["events"] != nil || id["sid"] != grant.PublicSessionID(adasSession) {
		t.Errorf("ID token %v", id)
	}
	if fmt.Sprint(access["roles"]) != "[admin]" || access["scope"] != "openid profile" || access["gid"] == "x" {
		t.Errorf("access token %v", access)
	}
}

func TestWithoutOpenIDThereIsNoIDToken(t *testing.T) {
	o := newOP(t)
	r := o.exchange("spa", o.code("spa", func(g *grant.Grant) { g.Scope = "profile" }))
	if r.status != 200 || r.body["id_token"] != nil {
		t.Errorf("%d %v", r.status, r.body)
	}
}

func BenchmarkExchange(b *testing.B) {
	o := newOP(b)
	o.apps["spa"].PKCEEnforcement = tenant.PKCERequired
	codes := make([]string, 2000)
	for i := range codes {
		codes[i] = o.code("spa")
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%len(codes) == 0 && i > 0 {
			b.StopTimer()
			for j := range codes {
				codes[j] = o.code("spa")
			}
			b.StartTimer()
		}
		if r := o.exchange("spa", codes[i%len(codes)]); r.status != 200 {
			b.Fatal(r.body)
		}
	}
}
