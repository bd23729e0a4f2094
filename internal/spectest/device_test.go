package spectest

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

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

// OIDC Core 3.1.2.4: whoever lets a device in lets its application learn of them, and is told what, where the application is one that asks.
func TestWhoLetsADeviceInIsToldWhatItsApplicationLearns(t *testing.T) {
	t.Parallel()
	for consent, told := range map[string]bool{"NONE": false, "REMEMBERED": true, "ALWAYS": true} {
		w := newWorld(t)
		w.apps = []app{tv("consent="+consent, "scopes=[openid, profile, email]"), {"spa", nil}}
		w.start()
		w.signOn("ada", "spa", nil)
		code := w.call("/as/device_authorization", url.Values{"client_id": {"tv"}, "scope": {"openid email"}}).text("user_code")
		_, page := w.post("https://"+issuerHost+"/as/device", url.Values{"user_code": {code}}, "Origin", "https://"+issuerHost)
		if !strings.Contains(page, "Is this your device?") || strings.Contains(page, "e-mail") != told || strings.Contains(page, "Your name") {
			t.Errorf("%s: %s", consent, page)
		}
	}
}
