package endtoend

import (
	"slices"
	"testing"

	"vigil/internal/chromium"
)

// openSDK opens the nth application and waits until it knows who is signed on.
func (w *world) openSDK(n int) *chromium.Tab {
	w.t.Helper()
	tab := w.browser.Open(w.app(n) + "/sdk")
	tab.Wait("window.last?.('ready')")
	return tab
}

// openPatient does it with a page and a frame that never look or ask again because time went by: they know what they are told.
func (w *world) openPatient(n int) *chromium.Tab {
	w.t.Helper()
	tab := w.browser.Open("")
	tab.Before(`if (location.pathname === "/as/checksession") {
		window.setInterval = () => 0;
	} else if (location.pathname === "/sdk") {
		const later = setTimeout;
		window.setTimeout = (act, after, ...rest) => after >= 1000 ? 0 : later(act, after, ...rest);
	}`)
	tab.Go(w.app(n) + "/sdk")
	tab.Wait("window.last?.('ready')")
	return tab
}

// signOnAt opens the nth application, signs somebody on by the flow's page and waits for the first quiet answer.
func (w *world) signOnAt(n int, user string) *chromium.Tab {
	w.t.Helper()
	tab := w.openSDK(n)
	tab.Do("void vigil.signIn({ prompt: 'login' })")
	w.fill(tab, user)
	tab.WaitURL(w.app(n) + "/sdk")
	w.quiet(tab, user)
	return tab
}

// quiet waits until an application knows a user and the frame agrees.
func (w *world) quiet(tab *chromium.Tab, user string) {
	w.t.Helper()
	tab.Wait("window.last?.('ready')")
	if got := chromium.Eval[string](tab, "user() ?? vigil.current.error?.message"); got != user {
		w.t.Fatalf("%s is signed on, want %s", got, user)
	}
	tab.Wait("last('answer')?.answer === 'unchanged'")
}

func TestTheSDKSignsOnByTheFlowAndSilentlyInTheSecondApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	if same := chromium.Eval[string](one, "vigil.current.user.sub") == chromium.Eval[string](two, "vigil.current.user.sub"); !same {
		t.Error("the two applications know different people")
	}
}

func TestASignOnReturnsToAnyPathOfItsOriginAndToNoOtherAndNothingRunsBehindIt(t *testing.T) {
	t.Parallel()
	for returnTo, want := range map[string]string{
		"location.origin + '//elsewhere.example.com/x'": "//elsewhere.example.com/x",
		"'//elsewhere.example.com/x'":                   "/sdk",
		"'https://elsewhere.example.com/x'":             "/sdk",
	} {
		w := newWorld(t, setup{})
		one := w.openSDK(1)
		one.Do("void vigil.signIn({ prompt: 'login', returnTo: " + returnTo + " }).then(() => sessionStorage.setItem('behind', 'yes'))")
		w.fill(one, "ada")
		one.WaitURL(w.app(1) + want)
		w.quiet(one, "ada")
		if behind := chromium.Eval[bool](one, "sessionStorage.getItem('behind') !== null"); behind {
			t.Errorf("%s: what waits for signIn runs although the page is leaving", returnTo)
		}
	}
}

func TestFiftyQuietPollsOfTheSDKAskNobodyAndAlarmNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	before := w.asked()
	for _, tab := range []*chromium.Tab{one, two} {
		got := chromium.Eval[[]string](tab, "(async () => { const all = []; for (let i = 0; i < 50; i++) all.push(await poll()); return all; })()")
		if len(got) != 50 || slices.ContainsFunc(got, func(answer string) bool { return answer != "unchanged" }) {
			t.Errorf("answers %v", got)
		}
		if chromium.Eval[bool](tab, "!!(last('changed') || last('error'))") {
			t.Error("a false alarm")
		}
	}
	if requests := w.log.since(before); len(requests) != 0 {
		t.Errorf("the provider was asked %v", requests)
	}
}
