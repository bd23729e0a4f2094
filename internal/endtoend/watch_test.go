package endtoend

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vigil/internal/chromium"
)

func TestASignOffReachesTheOtherApplicationAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one, two := w.signOnAt(1, "ada"), w.openPatient(2)
	var heard, told []time.Duration
	for range 5 {
		w.quiet(two, "ada")
		begun := chromium.Eval[float64](one, "(async () => { const begun = Date.now(); await vigil.signOff({ redirect: false }); return begun; })()")
		two.Wait("last('changed')?.reason === 'signedOff'")
		heard = append(heard, w.after(two, begun, "events.find(({ name, answer }) => name === 'answer' && answer === 'changed')"))
		told = append(told, w.after(two, begun, "last('changed')"))
		one.Do("void vigil.signIn()")
		w.fill(one, "ada")
		one.WaitURL(w.app(1) + "/sdk")
		w.quiet(one, "ada")
		two.Reload()
	}
	t.Logf("from the call of signOff in one application, the frame says changed in the other after %v; onChanged is told after %v", heard, told)
}

// after is how long after a moment, in milliseconds since 1970, an event of a page came.
func (w *world) after(tab *chromium.Tab, moment float64, event string) time.Duration {
	w.t.Helper()
	return time.Duration(chromium.Eval[float64](tab, event+".at")-moment) * time.Millisecond
}

func TestATimeOutIsSeenByBothApplicationsWithoutARequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	w.idles("ada", 6*time.Second)
	before := w.asked()
	one.Do("activity.now()")
	active := w.request(before, "/as/session/activity")
	if active.status != 200 {
		t.Fatalf("the last activity is %v", active)
	}
	for _, tab := range []*chromium.Tab{one, two} {
		tab.Wait("last('changed')?.reason === 'signedOff'")
	}
	w.asked()
	all := w.log.since(before)
	first := all[slices.Index(all, active)+1] // the applications look what it means
	if since := first.at.Sub(active.at); since < 4500*time.Millisecond || first.path != "/as/authorize" {
		t.Errorf("%v after the last activity: %v", since, first)
	}
	for n, tab := range []*chromium.Tab{one, two} {
		changed := chromium.Eval[float64](tab, "events.find(({ answer }) => answer === 'changed').at")
		after := time.UnixMilli(int64(changed)).Sub(active.at)
		t.Logf("application %d heard changed %v after the last activity, of 6s", n+1, after.Round(time.Millisecond))
		if after < 4500*time.Millisecond {
			t.Errorf("application %d heard changed after %v", n+1, after)
		}
	}
}

func TestARealInputInOneApplicationKeepsTheOtherSignedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	w.follow()
	w.idles("ada", 10*time.Second)
	w.touch("ada")
	one.Do("dispatchEvent(new PointerEvent('pointerdown')); dispatchEvent(new KeyboardEvent('keydown'))")
	time.Sleep(3 * time.Second)
	if chromium.Eval[bool](one, "!!last('active')") {
		t.Error("what a script makes up counts as a human")
	}
	clicked := time.Now()
	one.Click("#who")
	one.Wait("last('active')?.left === 10")
	for _, tab := range []*chromium.Tab{one, two} {
		tab.Wait("last('changed')?.reason === 'signedOff'")
		changed := time.UnixMilli(int64(chromium.Eval[float64](tab, "events.find(({ answer }) => answer === 'changed').at")))
		if after := changed.Sub(clicked); after < 8500*time.Millisecond {
			t.Errorf("heard changed %v after the input: %s", after, chromium.Eval[string](tab, "JSON.stringify(events)"))
		}
	}
}

func TestAnotherUserWhoSignsOnIsToldToTheOtherApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	token := chromium.Eval[string](two, "vigil.current.tokens.accessToken")
	one.Do("void vigil.signIn({ prompt: 'login' })")
	w.fill(one, "grace")
	two.Wait("last('changed')?.reason === 'otherUser' && last('changed').sub === 'grace'")
	two.Wait("last('answer').answer === 'unchanged'")
	if status := w.userinfo(two, token); status != 401 {
		t.Errorf("the first user's token is answered %d", status)
	}
}

// userinfo is the status that an application gets with an access token: it lives as long as its session.
func (w *world) userinfo(tab *chromium.Tab, token string) int {
	w.t.Helper()
	return chromium.Eval[int](tab, fmt.Sprintf("fetch(`%s/as/userinfo`, { headers: { authorization: `Bearer %s` } }).then(({ status }) => status)", w.issuer(), token))
}

func TestASignOnIsToldToAnApplicationWhereNobodyWasSignedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	visit := w.browser.Open(w.issuer() + "/as/authorize?client_id=one&response_type=code&prompt=none&scope=openid&redirect_uri=" + w.app(1) + "/callback")
	visit.WaitURL(w.app(1) + "/callback")
	two := w.openSDK(2)
	two.Wait("last('answer')?.answer === 'unchanged'")
	w.signOnAt(1, "ada")
	two.Wait("last('changed')?.reason === 'signedOn' && user() === 'ada'")
}

func TestTheSamePersonAfterAnEndingIsTakenOverWithoutAnAlarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	two.Freeze()
	one.Do("vigil.signOff({ redirect: false })")
	one.Do("void vigil.signIn()")
	w.fill(one, "ada")
	one.WaitURL(w.app(1) + "/sdk")
	two.Thaw()
	two.Wait("last('unchanged')?.extended === true || events.some(({ extended }) => extended)")
	if chromium.Eval[bool](two, "!!last('changed')") {
		t.Error("the same person is told as a change")
	}
}

func TestATabRestoredFromTheBackForwardCacheLearnsOfTheSignOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	two.Go(w.app(2) + "/elsewhere")
	one.Do("vigil.signOff({ redirect: false })")
	two.Back()
	two.Wait("last('changed')?.reason === 'signedOff'")
	if !chromium.Eval[bool](two, "!!last('restored')") {
		t.Error("the page was loaded again: the SDK keeps it out of the cache")
	}
}

func TestAHiddenTabLearnsOfTheSignOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one, two := w.signOnAt(1, "ada"), w.openPatient(2)
	w.quiet(two, "ada")
	front := w.browser.Popup(two, func() { two.Do("void open('/elsewhere')") })
	front.Wait("document.visibilityState === 'visible'")
	two.Wait("document.visibilityState === 'hidden'")
	begun := chromium.Eval[float64](one, "(async () => { const begun = Date.now(); await vigil.signOff({ redirect: false }); return begun; })()")
	two.Wait("last('changed')?.reason === 'signedOff'")
	t.Logf("a hidden tab was told after %v", w.after(two, begun, "last('changed')"))
}
