package endtoend

import (
	"fmt"
	"testing"

	"vigil/internal/chromium"
	"vigil/internal/fixture"
)

func TestTheScriptOfFollowingTabsIsTyped(t *testing.T) {
	t.Parallel()
	chromium.CheckTypes(t, "../../static/page/follow.js")
}

// PAINS: keycloak/keycloak#12406, #36150.
func TestManyTabsInOneSignOnReturnToTheirOwnAddressesWhenThePersonSignsOnInOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	begun := []struct {
		n    int
		path string
		tab  *chromium.Tab
	}{{1, "/callback", nil}, {2, "/callback", nil}, {1, "/callback2", nil}, {3, "/callback", nil}}
	for i := range begun {
		begun[i].tab = w.browser.Open(w.authorize(begun[i].n, begun[i].path))
		begun[i].tab.WaitURL(w.issuer() + "/signon/")
	}
	begun[0].tab.Type("input[name=username]", "grac")
	w.fill(begun[1].tab, "ada")
	for _, b := range begun {
		b.tab.WaitURL(w.app(b.n) + b.path + "?")
		if want := fmt.Sprint("state", b.n, b.path); !chromium.Eval[bool](b.tab, fmt.Sprintf("asked.query.state[0] === %q && !!asked.query.code && !!asked.query.session_state", want)) {
			t.Errorf("the tab of application %d returned to %s", b.n, b.tab.URL())
		}
	}
}

func TestTabsFollowWithoutNewsOfCookies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	waiting := w.browser.Open("")
	waiting.Before("delete window.cookieStore")
	waiting.Go(w.authorize(2, "/callback"))
	waiting.WaitURL(w.issuer() + "/signon/")
	w.fill(w.browser.Open(w.authorize(1, "/callback")), "ada")
	waiting.Do("Object.defineProperty(document, 'hidden', { value: false }); document.dispatchEvent(new Event('visibilitychange'))")
	waiting.WaitURL(w.app(2) + "/callback?")
}

func TestATabWhosePersonIsToBeAskedStaysAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	stays := map[string]*chromium.Tab{
		"prompt=login":          w.browser.Open(w.authorize(2, "/callback", "prompt", "login")),
		"prompt=select_account": w.browser.Open(w.authorize(2, "/callback", "prompt", "select_account")),
		"max_age=0":             w.browser.Open(w.authorize(2, "/callback", "max_age", "0")),
		"another person":        w.browser.Open(w.authorize(2, "/callback", "claims", `{"id_token":{"sub":{"value":"somebody"}}}`)),
	}
	for _, tab := range stays {
		tab.WaitURL(w.issuer() + "/signon/")
		tab.Type("input[name=username]", "grace")
	}
	agrees := w.browser.Open(w.authorize(2, "/callback", "acr_values", "late"))
	agrees.Wait("document.querySelector('button[value=go]')")
	before := w.asked()
	w.fill(w.browser.Open(w.authorize(1, "/callback")), "ada")
	fixture.Until(t, "all tabs ask whether to follow", func() bool { return len(w.log.statusOf(before, "/as/follow")) > len(stays) })
	for name, tab := range stays {
		if got := chromium.Eval[string](tab, "document.querySelector('input[name=username]')?.value ?? location.href"); got != "grace" {
			t.Errorf("%s: the tab shows %s", name, got)
		}
	}
	if got := agrees.Text("h1"); got != "Hello" {
		t.Errorf("a tab whose flow asks shows %q", got)
	}
	tab := stays["prompt=login"]
	tab.Do("document.querySelector('input[name=username]').value = ''")
	w.fill(tab, "ada")
	tab.WaitURL(w.app(2) + "/callback?")
}

func TestAPageThatChangesCookiesKeepsNoTabBusy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	waiting := w.browser.Open(w.authorize(2, "/callback", "prompt", "login"))
	waiting.WaitURL(w.issuer() + "/signon/")
	waiting.Type("input[name=username]", "ada")
	w.fill(w.browser.Open(w.authorize(1, "/callback")), "ada")
	before := w.asked()
	waiting.Do("window.same = true")
	other := w.atProvider()
	seconds := chromium.Eval[float64](other, `(async () => {
		const begun = performance.now();
		for (let n = 0; n < 40; n++) {
			document.cookie = "__Host-OPUAS=s." + String(n).padStart(22, "A") + "; Secure; Path=/";
			document.cookie = "__Host-OPUAS-L-AAAAAAAA=" + n + "; Secure; Path=/";
			await new Promise((done) => setTimeout(done, 100));
		}
		return (performance.now() - begun) / 1000;
	})()`)
	w.request(before, "/as/follow")
	if asked := len(w.log.statusOf(before, "/as/follow")); float64(asked) > seconds+4 {
		t.Errorf("in %.1f seconds of changes the tab asked %d times", seconds, asked)
	}
	if !chromium.Eval[bool](waiting, "window.same && document.querySelector('input[name=username]').value === 'ada'") {
		t.Error("the page was loaded anew")
	}
}
