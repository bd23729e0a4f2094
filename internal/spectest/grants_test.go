package spectest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
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

func TestAnApplicationGetsTokensForItselfAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{api("scopes=[openid, read, write, offline_access]"), {"spa", nil}}
	r := w.call("/as/token", asAPI(url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}))
	if r.status != 200 || r.text("scope") != "read" || r.body["id_token"] != nil || r.body["refresh_token"] != nil {
		t.Fatalf("%d %v", r.status, r.body)
	}
	claims := payload(t, r.text("access_token"))
	if claims["sub"] != "api" || claims["client_id"] != "api" || claims["sid"] != nil || claims["auth_time"] != nil {
		t.Errorf("claims %v", claims)
	}
	if said := w.introspect(r.text("access_token")); said.body["active"] != true || said.text("sub") != "api" {
		t.Errorf("introspected: %v", said.body)
	}
	if r := w.call("/as/token", asAPI(url.Values{"grant_type": {"client_credentials"}})); r.text("scope") != "read write" {
		t.Errorf("without a scope: %v", r.body)
	}
	for what, form := range map[string]url.Values{
		"openid":           asAPI(url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}}),
		"a scope too many": asAPI(url.Values{"grant_type": {"client_credentials"}, "scope": {"read admin"}}),
		"a public client":  {"grant_type": {"client_credentials"}, "client_id": {"spa"}},
		"no proof":         {"grant_type": {"client_credentials"}, "client_id": {"api"}},
	} {
		if r := w.call("/as/token", form); r.status != 400 {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	if r := w.call("/as/userinfo", nil, "Authorization", "Bearer "+r.text("access_token")); r.status != 403 {
		t.Errorf("userinfo for nobody: %d", r.status)
	}
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

var userCode = regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`)

// tv is an application without a browser.
func tv(fields ...string) app {
	return app{"tv", append([]string{"type=NATIVE_APP", "grantTypes=[DEVICE_CODE, REFRESH_TOKEN]", "redirectUris=[]", "postLogoutRedirectUris=[]", "devicePathId=telly"}, fields...)}
}

func (w *world) poll64(code string) reply {
	return w.call("/as/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {code}, "client_id": {"tv"}})
}

// allow types a code into the page and answers the question.
func (w *world) allow(user, code, button string) string {
	w.t.Helper()
	origin := "https://" + issuerHost
	response, page := w.post(origin+"/as/device", url.Values{"user_code": {code}}, "Origin", origin)
	if at := response.Header.Get("Location"); strings.Contains(at, "/signon/") {
		_, page = w.get(at)
		form := hiddenInputs(page)
		form.Set("username", user)
		form.Set("password", "correct horse "+user)
		form.Set("_button", "signOn")
		response, _ = w.post(at, form)
		_, page = w.get(response.Header.Get("Location"))
	}
	if !strings.Contains(page, "Is this your device?") {
		return page
	}
	form := hiddenInputs(page)
	form.Set("_button", button)
	_, page = w.post(origin+"/as/device_confirm", form, "Origin", origin)
	return page
}

func TestADeviceIsSignedOnByWhoeverTypesItsCodeAndSaysYes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{tv(), {"spa", nil}}
	began := w.call("/as/device_authorization", url.Values{"client_id": {"tv"}, "scope": {"openid profile offline_access"}})
	code := began.text("user_code")
	if began.status != 200 || !userCode.MatchString(code) || began.text("verification_uri") != "https://"+issuerHost+"/as/device/telly" ||
		began.text("verification_uri_complete") != began.text("verification_uri")+"?user_code="+code || began.body["expires_in"] != 600.0 || began.body["interval"] != 5.0 {
		t.Fatalf("%d %v", began.status, began.body)
	}
	device := began.text("device_code")
	if r := w.poll64(device); r.status != 400 || r.text("error") != "authorization_pending" {
		t.Errorf("%v", r.body)
	}
	if r := w.poll64(device); r.text("error") != "slow_down" {
		t.Errorf("polled at once: %v", r.body)
	}
	w.clock.at = w.clock.at.Add(6 * time.Second)
	if r := w.poll64(device); r.text("error") != "slow_down" {
		t.Errorf("after six seconds, when ten are wanted: %v", r.body)
	}
	w.clock.at = w.clock.at.Add(16 * time.Second)
	if r := w.poll64(device); r.text("error") != "authorization_pending" {
		t.Errorf("after enough seconds: %v", r.body)
	}
	if _, page := w.get(began.text("verification_uri_complete")); !strings.Contains(page, code) || !strings.Contains(page, "Continue") {
		t.Error("the page does not show the code of its address")
	}
	if page := w.allow("ada", strings.ToLower(strings.ReplaceAll(code, "-", " ")), "allow"); !strings.Contains(page, "signed on") {
		t.Fatal(page)
	}
	for what, client := range map[string]string{"another application": "spa"} {
		r := w.call("/as/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {device}, "client_id": {client}})
		if r.status != 400 {
			t.Errorf("%s: %v", what, r.body)
		}
	}
	w.restart("server")
	w.start()
	var winners atomic.Int32
	var tokens atomic.Value
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			if r := w.poll64(device); r.status == 200 {
				winners.Add(1)
				tokens.Store(r)
			}
		})
	}
	wait.Wait()
	if winners.Load() != 1 {
		t.Fatalf("%d winners", winners.Load())
	}
	given := tokens.Load().(reply)
	if claims := payload(t, given.text("id_token")); claims["aud"] != "tv" || claims["sid"] == nil || claims["nonce"] != nil || given.text("refresh_token") == "" {
		t.Errorf("%v", given.body)
	}
	if r := w.poll64(device); r.text("error") != "invalid_grant" {
		t.Errorf("again: %v", r.body)
	}
	w.current.refreshTokens["tv"] = given.text("refresh_token")
	if got := w.refresh("tv"); got[0] != "200" {
		t.Error(got)
	}
	w.end("ada")
	if got := w.refresh("tv"); got[0] != "400" {
		t.Errorf("the session ended, the device goes on: %v", got)
	}
}

func TestADeviceThatNobodyWantsGetsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{tv("deviceTimeout=2m"), {"spa", nil}}
	begin := func() (string, string) {
		r := w.call("/as/device_authorization", url.Values{"client_id": {"tv"}, "scope": {"openid"}})
		return r.text("device_code"), r.text("user_code")
	}
	device, code := begin()
	if page := w.allow("ada", code, "deny"); !strings.Contains(page, "not let in") {
		t.Error(page)
	}
	if r := w.poll64(device); r.text("error") != "access_denied" {
		t.Errorf("denied: %v", r.body)
	}
	device, code = begin()
	w.advance("121s")
	if r := w.poll64(device); r.text("error") != "expired_token" {
		t.Errorf("expired: %v", r.body)
	}
	if page := w.allow("ada", code, "allow"); !strings.Contains(page, "not good") {
		t.Error("an expired code is accepted")
	}
	device, code = begin()
	if page := w.allow("ada", code, "allow"); !strings.Contains(page, "signed on") {
		t.Fatal(page)
	}
	if page := w.allow("grace", code, "allow"); !strings.Contains(page, "not good") {
		t.Error("a code is answered twice")
	}
	w.end("ada")
	if r := w.poll64(device); r.text("error") != "invalid_grant" {
		t.Errorf("the session ended before the device came: %v", r.body)
	}
	for what, form := range map[string]url.Values{
		"an application without the grant": {"client_id": {"spa"}}, "a scope too many": {"client_id": {"tv"}, "scope": {"admin"}}, "nobody": {},
	} {
		if r := w.call("/as/device_authorization", form); r.status != 400 {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
}

func TestAnotherSiteCannotAnswerForThePersonAndGuessingIsBraked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{tv(), {"spa", nil}}
	began := w.call("/as/device_authorization", url.Values{"client_id": {"tv"}, "scope": {"openid"}})
	w.signOn("ada", "spa", nil)
	origin := "https://" + issuerHost
	if _, page := w.post(origin+"/as/device", url.Values{"user_code": {began.text("user_code")}}, "Origin", "https://evil.example.net"); strings.Contains(page, "Is this your device?") {
		t.Error("another site entered a code")
	}
	_, page := w.post(origin+"/as/device", url.Values{"user_code": {began.text("user_code")}}, "Origin", origin)
	form := hiddenInputs(page)
	form.Set("_button", "allow")
	for what, change := range map[string]func(url.Values){
		"no token":        func(f url.Values) { f.Del("_token") },
		"another device":  func(f url.Values) { f.Set("device", strings.Repeat("A", 29)+"A") },
		"another outcome": func(f url.Values) { f.Set("_outcome", `{"idc":{"admin":true}}`) },
	} {
		forged := url.Values{}
		for name, values := range form {
			forged[name] = values
		}
		change(forged)
		if _, page := w.post(origin+"/as/device_confirm", forged, "Origin", origin); strings.Contains(page, "is signed on") {
			t.Errorf("%s: accepted", what)
		}
	}
	if _, page := w.post(origin+"/as/device_confirm", form, "Origin", "https://evil.example.net"); strings.Contains(page, "is signed on") {
		t.Error("another site answered")
	}
	braked := false
	for range 30 {
		_, page := w.post(origin+"/as/device", url.Values{"user_code": {"BBBB-BBBB"}}, "Origin", origin)
		braked = braked || strings.Contains(page, "Too many wrong codes")
	}
	if !braked {
		t.Error("guessing is not braked")
	}
}

func TestATokenIsExchangedForOneThatIsNeverWorthMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{api("grantTypes=[TOKEN_EXCHANGE, CLIENT_CREDENTIALS]", "scopes=[openid, profile]"), {"spa", nil}}
	w.start()
	w.signOn("ada", "spa", []string{"scope=openid+profile+offline_access"})
	w.redeem("spa")
	access := w.current.accessTokens["spa"]
	exchange := func(pairs ...string) reply {
		form := asAPI(url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token": {access},
			"subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		})
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return w.call("/as/token", form)
	}
	w.advance("10m")
	r := exchange()
	if r.status != 200 || r.text("issued_token_type") == "" || r.body["refresh_token"] != nil || r.text("scope") != "openid profile" || r.body["expires_in"] != 3000.0 {
		t.Fatalf("%d %v", r.status, r.body)
	}
	before, after := payload(t, access), payload(t, r.text("access_token"))
	actor, _ := after["act"].(map[string]any)
	if after["sub"] != before["sub"] || after["client_id"] != "api" || actor["sub"] != "api" || after["exp"] != before["exp"] || after["sid"] != before["sid"] {
		t.Errorf("%v", after)
	}
	for what, pairs := range map[string][]string{
		"a wider scope": {"scope", "offline_access"}, "an ID token": {"subject_token", w.current.idTokens["spa"]}, "nonsense": {"subject_token", "x"},
		"another type": {"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"}, "an actor": {"actor_token", access},
		"a resource": {"resource", "https://api.example.com"}, "another audience": {"audience", "https://api.example.com"},
		"a refresh token": {"requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"},
	} {
		if r := exchange(pairs...); r.status != 400 {
			t.Errorf("%s: %d %v", what, r.status, r.body)
		}
	}
	w.call("/as/revoke", url.Values{"token": {w.current.refreshTokens["spa"]}, "client_id": {"spa"}})
	if said := w.introspect(r.text("access_token")); said.body["active"] != false {
		t.Error("what was revoked lives on in what it was exchanged for")
	}
	if r := exchange(); r.status != 400 {
		t.Errorf("a revoked token: %v", r.body)
	}
}

func TestApplicationsOfDifferentSectorsKnowAPersonByDifferentNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps = []app{{"spa", []string{"subjectType=pairwise", "idTokenSigningAlg=EdDSA", "userinfoSignedResponseAlg=PS256"}}, {"other", []string{"subjectType=pairwise"}}, {"plain", nil}}
	w.start()
	names := map[any]bool{}
	for _, name := range []string{"spa", "other", "plain"} {
		w.signOn("ada", name, nil)
		w.redeem(name)
		subject := payload(t, w.current.idTokens[name])["sub"]
		names[subject] = true
		if payload(t, w.current.accessTokens[name])["sub"] != subject || w.userinfo(name)[0] != "200" {
			t.Errorf("%s: tokens and userinfo do not agree", name)
		}
		if got := w.authorize(name, []string{"prompt=none", "hint=" + name}); !contains(got, "code") {
			t.Errorf("%s: its own hint is refused: %v", name, got)
		}
	}
	if len(names) != 3 {
		t.Errorf("%d names", len(names))
	}
	r := httptest.NewRequest(http.MethodGet, "https://"+issuerHost+"/as/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+w.current.accessTokens["spa"])
	response, body := w.current.visit(w, r)
	if claims := payload(t, body); response.Header.Get("Content-Type") != "application/jwt" || claims["aud"] != "spa" || !names[claims["sub"]] {
		t.Errorf("%s: %v", response.Header.Get("Content-Type"), claims)
	}
}
