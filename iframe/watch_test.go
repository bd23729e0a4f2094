package iframe_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"vigil/iframe"
	"vigil/internal/chromium"
)

// watched is an application whose person is signed on, with a quiet answer already given.
func (w *world) watched(opuas iframe.OPUAS, seconds int) (*chromium.Tab, *provider) {
	w.t.Helper()
	provider := w.another()
	provider.signOn(opuas, seconds)
	app := w.open(w.app(1))
	w.expect(app, opuas, "unchanged")
	return app, provider
}

func (w *world) expect(app *chromium.Tab, opuas iframe.OPUAS, want string) {
	w.t.Helper()
	if got := ask(app, w.question(w.app(1), opuas)); got != want {
		w.t.Errorf("the application hears %q, want %q", got, want)
	}
}

func expectHeard(t *testing.T, tab *chromium.Tab, want ...string) {
	t.Helper()
	if got := heard(tab); !slices.Equal(got, want) {
		t.Errorf("heard %v, want %v", got, want)
	}
}

func TestFiftyQuietPollsAreAllUnchangedAndAskNobody(t *testing.T) {
	for _, prefix := range []string{"", iframe.HostPrefix} {
		w := newWorld(t, prefix)
		app, _ := w.watched(session(1), 60)
		requests, cookies := len(w.requests()), fmt.Sprint(w.browser.Cookies("auth.vigil.localhost"))
		question := w.question(w.app(1), session(1))
		answers := chromium.Eval[[]string](app, fmt.Sprintf(
			"(async () => { const all = []; for (let i = 0; i < 50; i++) { all.push(await ask(%q)); await pause(10); } return all; })()", question))
		if slices.ContainsFunc(answers, func(answer string) bool { return answer != "unchanged" }) || len(answers) != 50 {
			t.Errorf("%q: answers %v", prefix, answers)
		}
		if got := w.requests()[requests:]; len(got) != 0 {
			t.Errorf("%q: the provider was asked %v", prefix, got)
		}
		if n := len(heard(app)); n != 51 {
			t.Errorf("%q: %d answers to 51 questions", prefix, n)
		}
		if len(w.browser.Cookies("auth.vigil.localhost")) != 2 || cookies == "" {
			t.Errorf("%q: the page wrote cookies", prefix)
		}
	}
}

func TestOverTLSTheAnswersAreTheSame(t *testing.T) {
	w := onStandardPorts(t, "https", iframe.HostPrefix)
	app, provider := w.watched(session(1), 60)
	provider.signOff(session(1))
	w.expect(app, session(1), "changed")
}

func TestATimeOutIsToldWithNoRequest(t *testing.T) {
	w := newWorld(t, "")
	app, provider := w.watched(session(1), 60)
	provider.write(iframe.CountdownName(session(1).Gen) + "=1; Max-Age=2")
	requests := len(w.requests())
	app.Wait("heard.at(-1) === 'changed'")
	expectHeard(t, app, "unchanged", "changed")
	w.expect(app, session(1), "changed")
	if got := w.requests()[requests:]; len(got) != 0 {
		t.Errorf("the provider was asked %v", got)
	}
}

func TestActivityKeepsTheSessionAlive(t *testing.T) {
	w := newWorld(t, "")
	app, provider := w.watched(session(1), 60)
	provider.write(iframe.CountdownName(session(1).Gen) + "=1; Max-Age=4")
	provider.write(iframe.CountdownName(session(1).Gen) + "=1; Max-Age=60")
	time.Sleep(4500 * time.Millisecond) // the first would have ended
	w.expect(app, session(1), "unchanged")
	expectHeard(t, app, "unchanged", "unchanged")
}

func TestABrowserThatWasRestartedHearsChanged(t *testing.T) {
	w := newWorld(t, "")
	run := iframe.OPUAS{Gen: session(1).Gen, BrowserRun: true}
	app, _ := w.watched(run, 60)
	w.browser.EndRun("auth.vigil.localhost")
	w.expect(app, run, "changed")
}

func TestABrowserWithoutOPUASHearsError(t *testing.T) {
	w := newWorld(t, "")
	app, provider := w.watched(session(1), 60)
	provider.write("OPUAS=; Max-Age=0")
	w.expect(app, session(1), "error")
}

func TestAPlantedOPUASChangesNothing(t *testing.T) {
	w := newWorld(t, "")
	app, provider := w.watched(session(1), 60)
	planted := "/cookies?" + url.Values{"set": {
		"OPUAS=" + session(2).String() + "; Domain=vigil.localhost; Path=/as",
		"OPUAS=a; Domain=vigil.localhost; Path=/as/checksession",
	}}.Encode()
	provider.tab.Do(fmt.Sprintf("fetch(%q)", planted))
	w.expect(app, session(1), "unchanged")
	expectHeard(t, app, "unchanged", "unchanged")
	provider.signOff(session(1))
	w.expect(app, session(1), "changed")
}

func TestNoSiblingCanPlantAHostCookie(t *testing.T) {
	w := newWorld(t, iframe.HostPrefix)
	app, provider := w.watched(session(1), 60)
	sibling := w.browser.Open(w.app(2) + "/")
	for _, cookie := range []string{"__Host-OPUAS=a; Secure; Path=/; Domain=vigil.localhost", "OPUAS=a; Secure; Path=/as; Domain=vigil.localhost"} {
		sibling.Do(fmt.Sprintf("document.cookie = %q", cookie))
	}
	w.expect(app, session(1), "unchanged")
	provider.signOff(session(1))
	w.expect(app, session(1), "changed")
}

func TestASessionStateMintedForAnotherIsAnErrorAndNotChanged(t *testing.T) {
	w := newWorld(t, "")
	app, _ := w.watched(session(1), 60)
	state := session(1).String()
	for name, minted := range map[string]string{
		"client": iframe.Compute("other", w.app(1), w.issuer(), state, [12]byte{}),
		"origin": iframe.Compute(client, w.app(2), w.issuer(), state, [12]byte{}),
		"host":   iframe.Compute(client, w.app(1), w.origin("auth2.vigil.localhost"), state, [12]byte{}),
		"scheme": iframe.Compute(client, w.app(1), "https://auth.vigil.localhost"+w.port, state, [12]byte{}),
	} {
		if got := ask(app, client+" "+minted); got != "error" {
			t.Errorf("minted for another %s: %q", name, got)
		}
	}
}

func TestASignOffInAnotherTabIsToldAtOnce(t *testing.T) {
	w := newWorld(t, "")
	app := w.withOneTrigger("change")
	provider := w.another()
	for n := byte(1); n <= 5; n++ {
		provider.signOn(session(n), 60)
		w.expect(app, session(n), "unchanged")
		begin := time.Now()
		provider.signOff(session(n))
		app.Wait("heard.at(-1) === 'changed'")
		t.Logf("told %v after the sign-off began", time.Since(begin))
	}
}

func TestEachTriggerAloneTellsOfASignOff(t *testing.T) {
	w := newWorld(t, "")
	provider := w.another()
	for n, trigger := range []string{"tick", "visibilitychange", "pageshow"} {
		app, session := w.withOneTrigger(trigger), session(byte(n))
		provider.signOn(session, 60)
		w.expect(app, session, "unchanged")
		provider.signOff(session)
		if trigger != "tick" {
			time.Sleep(300 * time.Millisecond)
			if got := heard(app); len(got) != 1 {
				t.Errorf("before %s heard %v", trigger, got)
			}
			app.Do(fmt.Sprintf("say({ trigger: %q })", trigger))
		}
		app.Wait("heard.at(-1) === 'changed'")
		app.Close()
	}
}

// withOneTrigger opens an application in whose provider's frame all triggers but one are dead.
func (w *world) withOneTrigger(alive string) *chromium.Tab {
	w.t.Helper()
	tab := w.browser.Open("")
	tab.Before(fmt.Sprintf(`if (location.pathname === "/as/checksession") {
		const alive = %q;
		const add = EventTarget.prototype.addEventListener;
		EventTarget.prototype.addEventListener = function (type, ...rest) {
			if (["message", alive].includes(type)) add.call(this ?? window, type, ...rest);
		};
		if (alive !== "tick") window.setInterval = () => 0;
		addEventListener("message", ({ data }) => {
			if (data?.trigger === "pageshow") dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
			if (data?.trigger === "visibilitychange") document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
		});
	}`, alive))
	tab.Go(w.app(1) + "/")
	w.embed(tab)
	return tab
}

func TestOnlyADifferentAnswerIsToldUnasked(t *testing.T) {
	w := newWorld(t, "")
	app, provider := w.watched(session(1), 60)
	provider.write(iframe.CountdownName(session(1).Gen)+"=1; Max-Age=90", "theme=dark")
	provider.write("theme=light")
	time.Sleep(1200 * time.Millisecond)
	expectHeard(t, app, "unchanged")
	provider.signOff(session(1))
	app.Wait("heard.length === 2")
	provider.signOn(session(2), 60)
	provider.write("OPUAS=; Max-Age=0", "theme=dark")
	app.Wait("heard.length === 3")
	time.Sleep(1200 * time.Millisecond)
	expectHeard(t, app, "unchanged", "changed", "error")
}

func TestSixteenCallersAreRemembered(t *testing.T) {
	w := newWorld(t, "")
	provider := w.another()
	provider.signOn(session(1), 60)
	app := w.open(w.app(1))
	app.Do(fmt.Sprintf(`window.told = []; (async () => {
		for (let i = 0; i < 20; i++) {
			const frame = document.body.appendChild(document.createElement("iframe"));
			await new Promise((done) => {
				frame.contentWindow.addEventListener("message", ({ data }) => { told.push(i + data); done(); });
				frame.contentWindow.eval("parent.op.postMessage('%s', parent.issuer)");
			});
		}
	})()`, w.question(w.app(1), session(1))))
	provider.signOff(session(1))
	app.Wait("told.length >= 36")
	time.Sleep(200 * time.Millisecond)
	if got := chromium.Eval[int](app, "told.filter((each) => each.endsWith('changed') && !each.endsWith('unchanged')).length"); got != 16 {
		t.Errorf("%d of 20 callers were told unasked", got)
	}
}
