package spectest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// reply is a JSON answer.
type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (r reply) text(name string) string {
	s, _ := r.body[name].(string)
	return s
}

// call posts a form to an endpoint as an application would, without a browser.
func (w *world) call(path string, form url.Values, headers ...string) reply {
	w.t.Helper()
	w.start()
	r := httptest.NewRequest(http.MethodPost, "https://"+issuerHost+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	answer := reply{status: recorder.Code, header: recorder.Result().Header}
	if strings.HasPrefix(recorder.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer.body); err != nil {
			w.t.Fatalf("%v in %s", err, recorder.Body)
		}
	} else {
		answer.body = map[string]any{"text": recorder.Body.String()}
	}
	return answer
}

// payload reads the claims of a JWT without verifying it.
func payload(t testing.TB, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

const apiSecret = "a-secret-of-more-than-thirty-two-bytes"

// api is an application that proves itself by a secret in the form.
func api(fields ...string) app {
	return app{"api", append([]string{
		"type=WORKER", "tokenEndpointAuthMethod=CLIENT_SECRET_POST", "clientSecret=" + apiSecret, "pkceEnforcement=OPTIONAL",
		"grantTypes=[CLIENT_CREDENTIALS]", "redirectUris=[]", "postLogoutRedirectUris=[]",
	}, fields...)}
}

func asAPI(form url.Values) url.Values {
	form.Set("client_id", "api")
	form.Set("client_secret", apiSecret)
	return form
}

func (w *world) introspect(token string) reply {
	return w.call("/as/introspect", asAPI(url.Values{"token": {token}}))
}

// signedOn is a world in which ada's application holds tokens.
func signedOn(t *testing.T, spa ...string) *world {
	t.Helper()
	w := newWorld(t)
	w.apps = []app{api(), {"spa", spa}, {"other", nil}}
	w.start()
	w.signOn("ada", "spa", []string{"scope=openid+profile+offline_access"})
	if got := w.redeem("spa"); got[0] != "200" {
		t.Fatal(got)
	}
	return w
}

func TestIntrospectionTellsWhatATokenIsWorthNowToThoseWhoProveThemselves(t *testing.T) {
	t.Parallel()
	for format, fields := range map[string][]string{"JWT": nil, "OPAQUE": {"accessTokenFormat=OPAQUE"}} {
		w := signedOn(t, fields...)
		access := w.current.accessTokens["spa"]
		if strings.Contains(access, ".") != (format == "JWT") {
			t.Fatalf("%s: %s", format, access)
		}
		if got := w.userinfo("spa"); got[0] != "200" {
			t.Errorf("%s: userinfo %v", format, got)
		}
		said := w.introspect(access)
		if said.body["active"] != true || said.text("client_id") != "spa" || said.text("scope") != "openid profile offline_access" ||
			said.text("token_type") != "Bearer" || said.text("iss") != "https://"+issuerHost+"/as" || said.body["exp"] == nil {
			t.Errorf("%s: %v", format, said.body)
		}
		for what, token := range map[string]string{"the refresh token of another": w.current.refreshTokens["spa"], "an ID token": w.current.idTokens["spa"], "anything": "x", "a cut one": access[:len(access)-4]} {
			if said := w.introspect(token); said.status != 200 || said.body["active"] != false || len(said.body) != 1 {
				t.Errorf("%s: %s: %d %v", format, what, said.status, said.body)
			}
		}
		if r := w.call("/as/introspect", url.Values{"token": {access}, "client_id": {"spa"}}); r.status == 200 {
			t.Errorf("%s: a public client learned %v", format, r.body)
		}
		signed := w.call("/as/introspect", asAPI(url.Values{"token": {access}}), "Accept", "application/token-introspection+jwt")
		if kind := signed.header.Get("Content-Type"); kind != "application/token-introspection+jwt" {
			t.Fatalf("%s: content type %q", format, kind)
		}
		claims := payload(t, signed.text("text"))
		inner, _ := claims["token_introspection"].(map[string]any)
		if claims["aud"] != "api" || claims["iss"] != "https://"+issuerHost+"/as" || inner["active"] != true || claims["exp"] != nil || claims["sub"] != nil {
			t.Errorf("%s: %v", format, claims)
		}
		w.signOff([]string{"hint=spa"})
		if said := w.introspect(access); said.body["active"] != false {
			t.Errorf("%s: after the sign-off: %v", format, said.body)
		}
	}
}

func TestARevokedTokenIsDeadAndARevokedRefreshTokenTakesEverythingAlong(t *testing.T) {
	t.Parallel()
	w := signedOn(t)
	revoke := func(client, token string) reply {
		return w.call("/as/revoke", url.Values{"token": {token}, "client_id": {client}})
	}
	access := w.current.accessTokens["spa"]
	if r := revoke("other", access); r.status != 400 || w.userinfo("spa")[0] != "200" {
		t.Errorf("another application revoked it: %d", r.status)
	}
	if r := revoke("other", w.current.refreshTokens["spa"]); r.status != 400 {
		t.Errorf("another application revoked the refresh token: %d", r.status)
	}
	if r := revoke("spa", access); r.status != 200 || w.userinfo("spa")[0] != "401" {
		t.Errorf("%d, userinfo %v", r.status, w.userinfo("spa"))
	}
	if got := w.refresh("spa"); got[0] != "200" || w.userinfo("spa")[0] != "200" {
		t.Errorf("revoking an access token took the refresh token along: %v", got)
	}
	if r := revoke("spa", w.current.refreshTokens["spa"]); r.status != 200 || w.userinfo("spa")[0] != "401" || w.refresh("spa")[0] != "400" {
		t.Errorf("%d: something of the grant lives on", r.status)
	}
	for what, token := range map[string]string{"nonsense": "x.y.z", "again": access} {
		if r := revoke("spa", token); r.status != 200 {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	if r := w.call("/as/revoke", url.Values{"client_id": {"spa"}}); r.status != 400 {
		t.Errorf("no token: %d", r.status)
	}
	if r := w.call("/as/revoke", url.Values{"client_id": {"api"}, "token": {access}}); r.status != 400 {
		t.Errorf("without proof: %d", r.status)
	}
}

func TestOfSixtyFourRacingRefreshesOneWinsAlsoWhenTheServerRestarts(t *testing.T) {
	t.Parallel()
	w := signedOn(t, "refreshTokenRollingGracePeriodDuration=0")
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {w.current.refreshTokens["spa"]}, "client_id": {"spa"}}
	var winners atomic.Int32
	race := func(n int) {
		var wait sync.WaitGroup
		for range n {
			wait.Go(func() {
				if w.call("/as/token", form).status == 200 {
					winners.Add(1)
				}
			})
		}
		wait.Wait()
	}
	race(32)
	w.restart("server")
	w.start()
	race(32)
	if winners.Load() != 1 {
		t.Errorf("%d winners", winners.Load())
	}
}

func TestRefreshTokensSlideAndTheirLineEnds(t *testing.T) {
	t.Parallel()
	w := signedOn(t, "refreshTokenDuration=1h", "refreshTokenRollingDuration=3h", "refreshTokensOutliveSession=true")
	for range 3 {
		w.advance("50m")
		if got := w.refresh("spa"); got[0] != "200" {
			t.Fatal(got)
		}
	}
	w.advance("31m")
	if got := w.refresh("spa"); got[0] != "400" {
		t.Errorf("after three hours the line goes on: %v", got)
	}
	w = signedOn(t, "refreshTokenDuration=1h", "refreshTokenRollingDuration=3h", "refreshTokensOutliveSession=true")
	w.advance("61m")
	if got := w.refresh("spa"); got[0] != "400" {
		t.Errorf("an hour without use does not end it: %v", got)
	}
}
