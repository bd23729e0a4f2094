package iframe_test

import (
	"fmt"
	"net/url"
	"testing"

	"vigil/iframe"
	"vigil/internal/chromium"
)

// inFrame opens an application whose provider's frame runs a script of ours before its own.
func (w *world) inFrame(script string) *chromium.Tab {
	w.t.Helper()
	tab := w.browser.Open("")
	tab.Before(`if (location.pathname === "/as/checksession") { ` + script + ` }`)
	tab.Go(w.app(1) + "/")
	w.embed(tab)
	return tab
}

func TestAnApplicationThatIsCrossOriginIsolatedIsAnswered(t *testing.T) {
	w := newWorld(t, "")
	w.another().signOn(session(1), 60)
	app := w.browser.Open(w.app(1) + "/?" + url.Values{"header": {
		"Cross-Origin-Embedder-Policy: require-corp", "Cross-Origin-Opener-Policy: same-origin",
	}}.Encode())
	w.embed(app)
	if !chromium.Eval[bool](app, "crossOriginIsolated") {
		t.Fatal("the application is not isolated")
	}
	w.expect(app, session(1), "unchanged")
}

func TestOutsideASecureContextEveryAnswerIsError(t *testing.T) {
	w := onStandardPorts(t, "http", "")
	issuer, origin := "http://auth.vigil.test", "http://app1.vigil.test"
	w.publish([][2]string{{client, origin}})
	w.browser.Open(issuer + "/").Do(fmt.Sprintf("fetch(%q)", "/cookies?set=OPUAS=a"))
	app := w.browser.Open(origin + "/")
	app.Do(fmt.Sprintf("embed(%q)", issuer+"/as/checksession"))
	if got := ask(app, client+" "+iframe.Compute(client, origin, issuer, "a", [12]byte{})); got != "error" {
		t.Errorf("answered %q", got)
	}
}

func TestAnythingThatIsThrownIsError(t *testing.T) {
	w := newWorld(t, "")
	w.another().signOn(session(1), 60)
	for name, script := range map[string]string{
		"cookies are out of reach":  `Object.defineProperty(Document.prototype, "cookie", { get() { throw new DOMException("x", "SecurityError"); } });`,
		"the hash fails":            `SubtleCrypto.prototype.digest = () => Promise.reject(new Error("x"));`,
		"the hash fails at once":    `SubtleCrypto.prototype.digest = () => { throw new Error("x"); };`,
		"there is no hash":          `Object.defineProperty(Crypto.prototype, "subtle", { value: undefined });`,
		"cookies fail after a good": `let n = 0; const get = Object.getOwnPropertyDescriptor(Document.prototype, "cookie").get; Object.defineProperty(Document.prototype, "cookie", { get() { if (n++ > 0) throw new Error("x"); return get.call(this); } });`,
	} {
		app := w.inFrame(script)
		if got := ask(app, w.question(w.app(1), session(1))); got != "error" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// whileHashing runs a script after a digest of the page, the nth, was computed and before the page sees it.
func whileHashing(nth string, script string) string {
	return fmt.Sprintf(`window.digests = 0; const digest = SubtleCrypto.prototype.digest;
		SubtleCrypto.prototype.digest = async function (...args) {
			const sum = await digest.apply(this, args);
			digests++;
			if (digests %s) { %s }
			return sum;
		};
		addEventListener("message", ({ data, source, origin }) => { if (data?.digests) source.postMessage("digests " + digests, origin); });`, nth, script)
}

func TestCookiesThatChangeDuringTheArithmeticAreReadAgain(t *testing.T) {
	w := newWorld(t, "")
	w.another().signOn(session(1), 60)
	// The first digest is the pair's, the second the salt's, the third the one that tells.
	app := w.inFrame(whileHashing("=== 3", `document.cookie = "OPUAS=a; Path=/; Secure";`))
	w.expect(app, session(1), "changed")
}

func TestCookiesThatNeverRestDoNotHoldTheAnswerUp(t *testing.T) {
	w := newWorld(t, "")
	w.another().signOn(session(1), 60)
	app := w.inFrame(`window.setInterval = () => 0; cookieStore.addEventListener = () => {};` +
		whileHashing("> 2", `document.cookie = "restless=" + digests + "; Path=/";`))
	w.expect(app, session(1), "unchanged")
	if got := chromium.Eval[string](app, "ask({ digests: true })"); got != "digests 6" {
		t.Errorf("%s, want 2 and 4 tries", got)
	}
}
