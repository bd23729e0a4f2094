package interop

import (
	"testing"
	"time"

	"vigil/internal/chromium"
)

// watcher is a single-page application whose library watches the session, and a browser with it.
type watcher struct {
	*world
	browser *chromium.Browser
}

const watcherApplication = `
  - clientId: app
    type: SINGLE_PAGE_APP
    opSessionCheckEnabled: true
    scopes: [openid, profile, offline_access]
    grantTypes: [AUTHORIZATION_CODE, REFRESH_TOKEN]
    redirectUris: ["${app}/callback", "${app}/silent"]
    postLogoutRedirectUris: ["${app}/app"]`

func newWatcher(t *testing.T, script, idle string) watcher {
	t.Helper()
	w := newServer(t, provider{host: "auth.vigil.localhost", applications: watcherApplication, idle: idle, app: bundled(t, script)})
	return watcher{w, chromium.Start(t)}
}

const appReady = "window.app?.ready.then(() => true)"

// signOn opens the application, signs ada on and waits until the library knows her and watches.
func (w watcher) signOn(query string) *chromium.Tab {
	w.t.Helper()
	tab := w.browser.Open(w.app + "/app" + query)
	tab.Wait(appReady)
	tab.Do("app.signOn()")
	tab.WaitURL(w.origin + "/signon/")
	w.fill(tab)
	tab.WaitURL(w.app)
	tab.Wait(appReady)
	if got := chromium.Eval[string](tab, "app.who()"); got != "ada" {
		w.t.Fatalf("%q is signed on", got)
	}
	return tab
}

// alarms are events that must not come while nothing happens.
const alarms = "app.events.filter((one) => /changed$|error|terminated|logout/.test(one) && !/unchanged$/.test(one))"

func (w watcher) quiet(tab *chromium.Tab, answer string) {
	w.t.Helper()
	tab.Do("app.events.length = 0")
	tab.Wait("app.events.filter((one) => one === '" + answer + "').length >= 2")
	if heard := chromium.Eval[[]string](tab, alarms); len(heard) > 0 {
		w.t.Fatalf("while nothing happens the library says %q", heard)
	}
}

func TestAxaOIDCClientHearsOfASignOffElsewhere(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, "axa.js", "")
	tab := w.signOn("")
	if !chromium.Eval[bool](tab, "app.renew()") {
		t.Error("tokens were not renewed")
	}
	w.quiet(tab, "unchanged")
	w.signOff(w.browser)
	tab.Wait("app.events.includes('logout_from_another_tab')")
}

func TestAxaOIDCClientSignsOffForTheOthers(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, "axa.js", "")
	tab := w.signOn("")
	tab.Do("app.signOff()")
	tab.WaitURL(w.app + "/app")
	tab.Wait(appReady)
	tab.Do("app.signOn()")
	tab.WaitURL(w.origin + "/signon/")
}

func TestAngularOAuth2OIDCEndsTheSessionThatEndedElsewhere(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{"renewed by refresh token": "", "renewed in a frame": "?silent"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatcher(t, "angular.js", "")
			tab := w.signOn(query)
			if !chromium.Eval[bool](tab, "app.renew()") {
				t.Error("tokens were not renewed")
			}
			w.quiet(tab, "session_unchanged")
			w.signOff(w.browser)
			tab.Wait("app.events.includes('session_terminated') && !app.isOn()")
		})
	}
}

func TestAngularOAuth2OIDCSignsOffForTheOthers(t *testing.T) {
	t.Parallel()
	w := newWatcher(t, "angular.js", "")
	one, two := w.signOn(""), w.browser.Open(w.app+"/app")
	two.Wait(appReady)
	two.Do("app.signOn()")
	two.WaitURL(w.app + "/callback")
	two.Wait(appReady)
	w.quiet(two, "session_unchanged")
	one.Do("app.signOff()")
	one.WaitURL(w.app + "/app")
	two.Wait("app.events.includes('session_terminated') && !app.isOn()")
}

// A session of so few seconds ends while the test waits; signing on takes a part of them.
const short = "8s"

func TestForeignWatchersHearThatTheSessionTimedOut(t *testing.T) {
	t.Parallel()
	for script, heard := range map[string]string{"axa.js": "logout_from_another_tab", "angular.js": "session_terminated"} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			w := newWatcher(t, script, short)
			begun := time.Now()
			tab := w.signOn("")
			tab.Wait("app.events.includes('" + heard + "')")
			if since := time.Since(begun); since < 6*time.Second {
				t.Errorf("%s came %v after the sign-on began", heard, since)
			}
		})
	}
}
