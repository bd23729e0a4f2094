package spectest

import (
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// telly is what a device was given.
type telly struct{ device, user string }

// device does what a line says of the one television: `device asks SCOPE…`, `device polls`, `device USER allow|deny`, and `device USER looks`, which
// follows the address that brings the code, and sends nothing.
func (w *world) device(who string, words []string) []string {
	w.t.Helper()
	switch {
	case who == "asks":
		w.telly.device, w.telly.user = w.waits(strings.Join(words, " "))
		return nil
	case who == "polls":
		r := w.poll64(w.telly.device)
		if w.current.refreshTokens["tv"] = r.text("refresh_token"); r.status == 200 {
			return []string{"200"}
		}
		return []string{strconv.Itoa(r.status), r.text("error")}
	case words[0] == "looks":
		w.get(devicePage + "?user_code=" + w.telly.user)
		return nil
	}
	page := w.allow(who, w.telly.user, words[0])
	for word, said := range map[string]string{"signed-on": "Your device is signed on", "refused": "not let in", "wrong-code": "That code is not good"} {
		if strings.Contains(page, said) {
			return []string{word}
		}
	}
	return nil
}

// withDeviceFlow is a world in which the flow that ships asks for the codes of devices.
func withDeviceFlow(t *testing.T) *world {
	w := newWorld(t)
	w.apps = []app{tv(), {"spa", nil}}
	w.settings = []string{"deviceFlow: device"}
	for _, name := range []string{"device.yaml", "choose-password.yaml"} {
		text, err := os.ReadFile("../../flows/" + name)
		if err != nil {
			t.Fatal(err)
		}
		w.write("flows/"+name, string(text))
	}
	return w
}

// waits begins the wait of a device.
func (w *world) waits(scope string) (device, user string) {
	w.t.Helper()
	r := w.call("/as/device_authorization", url.Values{"client_id": {"tv"}, "scope": {scope}})
	if r.status != 200 {
		w.t.Fatalf("%d %v", r.status, r.body)
	}
	return r.text("device_code"), r.text("user_code")
}

// visitor is somebody on the pages of the flow for devices.
type visitor struct {
	w        *world
	at, page string
}

func (w *world) visits(address string) *visitor {
	w.t.Helper()
	response, _ := w.get(address)
	v := &visitor{w: w, at: response.Header.Get("Location")}
	if !strings.Contains(v.at, "/signon/?flowId=") {
		w.t.Fatalf("%d %s", response.StatusCode, v.at)
	}
	_, v.page = w.get(v.at)
	return v
}

// press answers the present page, and follows to where that leads.
func (v *visitor) press(button string, pairs ...string) *visitor {
	v.w.t.Helper()
	form := hiddenInputs(v.page)
	form.Set("_button", button)
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	response, page := v.w.post(v.at, form)
	for next := response.Header.Get("Location"); next != ""; next = response.Header.Get("Location") {
		v.at = next
		response, page = v.w.get(next)
	}
	v.page = page
	return v
}

func (v *visitor) shows(words ...string) *visitor {
	v.w.t.Helper()
	for _, one := range words {
		if !strings.Contains(v.page, one) {
			v.w.t.Fatalf("the page does not say %q:\n%s", one, v.page)
		}
	}
	return v
}

const devicePage = "https://" + issuerHost + "/as/device"

func (v *visitor) signsOn(user string) *visitor {
	v.w.t.Helper()
	return v.press("signOn", "username", user, "password", "correct horse "+user)
}

// RFC 8628 3.3: the person reviews the request in a browser of theirs.
func TestAFlowOfTheEnvironmentAsksForTheCodeAndWhoSeesWhatAsksLetsTheDeviceIn(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	device, code := w.waits("openid profile offline_access")
	v := w.visits(devicePage+"/telly").press("continue", "code", strings.ToLower(code)).signsOn("ada")
	v.shows("Is this your device?", "tv", "ada", code, "openid, profile, offline_access", "192.0.2.1")
	if r := w.poll64(device); r.text("error") != "authorization_pending" {
		t.Errorf("before the answer: %v", r.body)
	}
	v.press("allow").shows("Your device is signed on", "Go back to it")
	w.advance("6s")
	given := w.poll64(device)
	if claims := payload(t, given.text("id_token")); claims["aud"] != "tv" || claims["sid"] == nil || given.text("refresh_token") == "" {
		t.Fatalf("%v", given.body)
	}
	if r := w.poll64(device); r.text("error") != "invalid_grant" {
		t.Errorf("again: %v", r.body)
	}
	if got := w.authorize("spa", []string{"prompt=none"}); len(got) == 0 || got[0] != "302" {
		t.Errorf("the person is not signed on: %v", got)
	}
	w.current.refreshTokens["tv"] = given.text("refresh_token")
	w.end("ada")
	if got := w.refresh("tv"); got[0] != "400" {
		t.Errorf("the session ended, the device goes on: %v", got)
	}
}

// RFC 8628 5.4: whoever follows somebody's address is asked, even with a session.
func TestAnAddressWithACodeInItLetsNothingInByItself(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	w.start()
	w.signOn("ada", "spa", nil)
	device, code := w.waits("openid")
	v := w.visits(devicePage+"?user_code="+code).shows(code, "Sign on for a device")
	v.press("continue", "code", code).shows("Is this your device?", "ada")
	if r := w.poll64(device); r.text("error") != "authorization_pending" {
		t.Errorf("%v", r.body)
	}
	v.press("deny").shows("not let in")
	if r := w.poll64(device); r.text("error") != "access_denied" {
		t.Errorf("%v", r.body)
	}
	w.visits(devicePage).press("continue", "code", code).shows("not good")
}

func TestOfTwoPeopleWhoLetTheSameDeviceInOneDoes(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	device, code := w.waits("openid")
	first := w.visits(devicePage).press("continue", "code", code).signsOn("ada").shows("Is this your device?")
	w.use("second")
	w.visits(devicePage).press("continue", "code", code).signsOn("grace").press("allow").shows("Your device is signed on")
	w.use("first")
	first.press("allow").shows("waits no more")
	w.advance("6s")
	given := w.poll64(device)
	if given.status != 200 {
		t.Fatal(given.body)
	}
	w.end("ada")
	if claims := payload(t, given.text("id_token")); claims["sub"] == nil {
		t.Errorf("%v", claims)
	}
}

func TestOneRunLetsADeviceInOnceHoweverOftenItsEndIsVisited(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	_, code := w.waits("openid")
	v := w.visits(devicePage).press("continue", "code", code).signsOn("ada")
	form := hiddenInputs(v.page)
	form.Set("_button", "allow")
	response, _ := w.post(v.at, form)
	end := response.Header.Get("Location")
	var signedOn, over int
	var lock sync.Mutex
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			_, page := w.get(end)
			lock.Lock()
			defer lock.Unlock()
			if strings.Contains(page, "Your device is signed on") {
				signedOn++
			} else {
				over++
			}
		})
	}
	all.Wait()
	if signedOn != 1 || over != 15 {
		t.Errorf("%d let it in, %d did not", signedOn, over)
	}
}

// RFC 8628 5.1: wrong codes are counted by address, over all runs and restarts.
func TestGuessingCodesInAFlowIsBrakedOverAllRuns(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	_, code := w.waits("openid")
	for range 4 {
		v := w.visits(devicePage)
		for range 5 {
			v.press("continue", "code", "BBBB-BBBB").shows("not good")
		}
	}
	w.restart("server")
	w.use("another browser of the same address")
	w.visits(devicePage).press("continue", "code", code).shows("Too many wrong codes")
	w.clock.at = w.clock.at.Add(24 * time.Hour)
	_, code = w.waits("openid")
	w.visits(devicePage).press("continue", "code", code).shows("Sign on")
}

func TestTheSessionThatLetsADeviceInMustLive(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	w.start()
	w.signOn("ada", "spa", nil)
	device, code := w.waits("openid")
	v := w.visits(devicePage).press("continue", "code", code).shows("Is this your device?")
	w.end("ada")
	v.press("allow")
	if strings.Contains(v.page, "is signed on") {
		t.Error("a session that ended let it in")
	}
	if r := w.poll64(device); r.status == 200 {
		t.Errorf("%v", r.body)
	}
}

// Each host of an environment is an issuer of its own (RFC 9207): what was begun at one is not let in at another.
func TestACodeIsKnownAtTheHostWhereItsDeviceAskedAlone(t *testing.T) {
	t.Parallel()
	w := withDeviceFlow(t)
	device, code := w.waits("openid")
	w.visits("https://shared.example.com/test/as/device").press("continue", "code", code).shows("not good")
	w.visits(devicePage).press("continue", "code", code).signsOn("ada").press("allow").shows("Your device is signed on")
	w.advance("6s")
	if r := w.poll64(device); r.status != 200 {
		t.Errorf("%v", r.body)
	}
}
