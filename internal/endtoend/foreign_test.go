package endtoend

import (
	"fmt"
	"os"
	"testing"
	"time"

	"vigil/internal/chromium"
)

// openForeign opens the nth application, which uses oidc-client-ts, and waits until it has looked for a session.
func (w *world) openForeign(n int, interval float64) *chromium.Tab {
	w.t.Helper()
	if _, err := os.Stat(files["/oidc-client-ts.js"]); err != nil {
		w.t.Fatalf("oidc-client-ts is not installed: run `make deps`: %v", err)
	}
	tab := w.browser.Open(fmt.Sprintf("%s/foreign?interval=%g", w.app(n), interval))
	tab.Wait("window.events?.some(({ name }) => name === 'ready')")
	return tab
}

// foreigners are two applications with oidc-client-ts in which ada is signed on: in the first by the flow's page, in the second silently.
func (w *world) foreigners(interval float64) (one, two *chromium.Tab) {
	w.t.Helper()
	one = w.openForeign(1, interval)
	if got := chromium.Eval[string](one, "events[0].error"); got != "login_required" {
		w.t.Fatalf("a first visit is answered %q", got)
	}
	one.Do("void manager.signinRedirect()")
	w.fill(one, "ada")
	one.WaitURL(w.app(1) + "/foreign")
	w.quietForeign(one)
	two = w.openForeign(2, interval)
	w.quietForeign(two)
	return one, two
}

func (w *world) quietForeign(tab *chromium.Tab) {
	w.t.Helper()
	tab.Wait("window.events?.findLast(({ name }) => name === 'answer')?.answer === 'unchanged'")
	if got := chromium.Eval[string](tab, "user()"); got != "ada" {
		w.t.Fatalf("%q is signed on, want ada", got)
	}
}

// visitProvider sends somebody who is signed on through the flow and back, which counts as activity.
func (w *world) visitProvider(tab *chromium.Tab) {
	w.t.Helper()
	tab.Do("window.left = true; void manager.signinRedirect()")
	tab.Wait("!window.left && window.events?.some(({ name }) => name === 'ready')")
	w.quietForeign(tab)
}

const signedOut = "events.some(({ name }) => name === 'signedOut')"

func TestFiftyQuietPollsOfAForeignClientRaiseNoFalseAlarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one, two := w.foreigners(0.1)
	before := w.asked()
	for _, tab := range []*chromium.Tab{one, two} {
		tab.Do("events.length = 0")
		tab.Wait("events.length >= 50")
		if others := chromium.Eval[[]string](tab, "events.filter(({ answer }) => answer !== 'unchanged').map(({ name, answer }) => answer ?? name)"); len(others) != 0 {
			t.Errorf("among fifty quiet answers %v", others)
		}
	}
	if requests := w.log.since(before); len(requests) != 0 {
		t.Errorf("the provider was asked %v", requests)
	}
}

func TestASignOffInAForeignClientReachesTheOtherBeforeItAsksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one, two := w.foreigners(3600)
	begun := time.Now()
	one.Do("void manager.signoutRedirect()")
	two.Wait(signedOut)
	at := time.UnixMilli(int64(chromium.Eval[float64](two, "events.find(({ name }) => name === 'signedOut').at")))
	t.Logf("userSignedOut was raised %v after the sign-off began", at.Sub(begun).Round(time.Millisecond))
	one.WaitURL(w.app(1) + "/foreign")
	one.Wait("window.events?.some(({ name }) => name === 'ready')")
	if got := chromium.Eval[string](one, "user().then(String)"); got != "null" {
		t.Errorf("after the sign-off %q is signed on", got)
	}
}

func TestATimeOutIsRaisedInForeignClientsWithoutARequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one, two := w.foreigners(1)
	w.follow()
	w.idles("ada", 6*time.Second)
	before, active := w.asked(), time.Now()
	w.touch("ada")
	for _, tab := range []*chromium.Tab{one, two} {
		tab.Wait(signedOut)
	}
	w.asked()
	first := w.log.since(before)[0] // the applications look what it means
	if since := first.at.Sub(active); since < 4500*time.Millisecond || first.path != "/as/authorize" {
		t.Errorf("%v after the last activity: %v", since, first)
	}
	for n, tab := range []*chromium.Tab{one, two} {
		at := time.UnixMilli(int64(chromium.Eval[float64](tab, "events.find(({ name }) => name === 'signedOut').at")))
		t.Logf("application %d: userSignedOut %v after the last activity, of 6s", n+1, at.Sub(active).Round(time.Millisecond))
		if chromium.Eval[bool](tab, "events.some(({ answer }) => answer === 'error')") {
			t.Errorf("application %d heard error, which clients ignore", n+1)
		}
	}
}

func TestActivityInOneForeignClientKeepsTheOtherSignedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one, two := w.foreigners(0.5)
	w.follow()
	w.idles("ada", 10*time.Second)
	begun := time.Now()
	w.touch("ada") // ten seconds are left
	w.visitProvider(one)
	time.Sleep(time.Until(begun.Add(12 * time.Second)))
	if chromium.Eval[bool](two, signedOut) || chromium.Eval[string](two, "user()") != "ada" {
		t.Error("the other application was signed off although somebody was active")
	}
}
