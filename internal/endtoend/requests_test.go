package endtoend

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vigil/internal/chromium"
)

func TestAPrefetchedLinkSignsNobodyOnOrOff(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]string{
		"link":              "document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href: %[1]q }))",
		"speculation rules": "document.head.append(Object.assign(document.createElement('script'), { type: 'speculationrules', textContent: JSON.stringify({ prefetch: [{ source: 'list', urls: [%[1]q], eagerness: 'immediate' }] }) }))",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, setup{})
			one := w.signOnAt(1, "ada")
			before := w.asked()
			one.Do(fmt.Sprintf(ahead, w.issuer()+"/as/signoff?id_token_hint="+chromium.Eval[string](one, "vigil.current.tokens.idToken")))
			one.Do(fmt.Sprintf(ahead, w.authorize(1, "/callback")))
			for _, path := range []string{"/as/signoff", "/as/authorize"} {
				w.request(before, path)
				if got := w.log.statusOf(before, path); !slices.Equal(got, []int{503}) {
					t.Errorf("the prefetch of %s is answered %v", path, got)
				}
			}
			if got := chromium.Eval[string](one, "poll()"); got != "unchanged" {
				t.Errorf("afterwards the frame says %s", got)
			}
			if got := chromium.Eval[string](one, "vigil.silentSignIn().then(() => String(user()))"); got != "ada" {
				t.Errorf("afterwards %q is signed on", got)
			}
		})
	}
}

// postFrom opens a page of an origin that posts a form at once.
func (w *world) postFrom(origin, action string, fields map[string]string) *chromium.Tab {
	w.t.Helper()
	tab := w.browser.Open(origin + "/elsewhere")
	script := fmt.Sprintf("const form = Object.assign(document.createElement('form'), { method: 'post', action: %q });", action)
	for name, value := range fields {
		script += fmt.Sprintf("form.append(Object.assign(document.createElement('input'), { name: %q, value: %q }));", name, value)
	}
	tab.Do("void (() => { " + script + " document.body.append(form); form.submit(); })()")
	return tab
}

func TestASignOffPostedByAnotherSiteEndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	token := chromium.Eval[string](one, "vigil.current.tokens.accessToken")
	posted := w.postFrom(w.app(3), w.issuer()+"/as/signoff", map[string]string{
		"id_token_hint": chromium.Eval[string](one, "vigil.current.tokens.idToken"), "post_logout_redirect_uri": w.app(1) + "/bye", "state": "kept",
	})
	posted.WaitURL(w.app(1) + "/bye?state=kept")
	one.Wait("last('changed')?.reason === 'signedOff'")
	if status := w.userinfo(one, token); status != 401 {
		t.Errorf("the sign-off reported success, and a token of the session is answered %d", status)
	}
}

func TestAnAuthorizationRequestPostedByAnotherSiteMeetsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.signOnAt(1, "ada")
	posted := w.postFrom(w.app(3), w.issuer()+"/as/authorize", map[string]string{
		"client_id": "partner", "response_type": "code", "scope": "openid", "state": "kept", "redirect_uri": w.app(3) + "/callback",
		"code_challenge_method": "S256", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
	})
	posted.WaitURL(w.app(3) + "/callback?")
	if !chromium.Eval[bool](posted, "asked.query.state[0] === 'kept' && !!asked.query.code && !!asked.query.session_state") {
		t.Errorf("the application got %s", posted.URL())
	}
}

func TestAResponseByFormPostReachesTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	tab := w.browser.Open(w.authorize(3, "/callback", "response_mode", "form_post"))
	w.fill(tab, "ada")
	tab.WaitURL(w.app(3) + "/callback")
	if !chromium.Eval[bool](tab, "asked.method === 'POST' && !!asked.body.code && !!asked.body.session_state && asked.body.iss[0].endsWith('/as') && Object.keys(asked.query).length === 0") {
		t.Errorf("the application got %s", chromium.Eval[string](tab, "JSON.stringify(asked)"))
	}
}

func TestTheSignOnPageIsNotShownInAFrame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	tab := w.browser.Open("")
	tab.Before(`addEventListener("DOMContentLoaded", () => {
		if (parent !== window && document.querySelector("form")) parent.postMessage("a form is shown", "*");
	})`)
	tab.Go(w.app(1) + "/elsewhere")
	before := w.asked()
	tab.Do("addEventListener('message', ({ data }) => window.told = data)")
	tab.Do(fmt.Sprintf(`new Promise((done) => {
		const frame = Object.assign(document.createElement("iframe"), { onload: done, src: %q });
		document.body.append(frame);
	})`, w.authorize(1, "/callback")))
	w.request(before, "/signon/")
	time.Sleep(300 * time.Millisecond)
	if got := chromium.Eval[string](tab, "String(window.told)"); got != "undefined" {
		t.Errorf("in the frame %s", got)
	}
}

func TestALinkIntoARunIsNotForAnotherBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	tab := w.browser.Open(w.authorize(1, "/callback"))
	tab.WaitURL(w.issuer() + "/signon/")
	link := tab.URL()
	other := chromium.Start(t)
	victim := other.Open(link)
	if got := victim.Text("h1"); got != "This sign-on began elsewhere" || chromium.Eval[bool](victim, "!!document.querySelector('form')") {
		t.Errorf("another browser is shown %q", got)
	}
	w.fill(tab, "ada")
	tab.WaitURL(w.app(1) + "/callback?")
}

func TestTheBackButtonAfterASignOffShowsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	tab := w.signOnAt(1, "ada")
	tab.Do("void vigil.signOff()")
	tab.WaitURL(w.app(1) + "/bye")
	tab.Back()
	tab.WaitURL(w.app(1) + "/sdk")
	tab.Wait("last('restored') && last('changed')?.reason === 'signedOff' && document.getElementById('who').textContent === 'Nobody'")
	tab.Back()
	tab.WaitURL(w.issuer() + "/signon/")
	if got := tab.Text("h1"); got != "This sign-on is over" || chromium.Eval[bool](tab, "!!document.querySelector('form')") {
		t.Errorf("behind it the sign-on shows %q", got)
	}
}

func TestARunInProgressDoesNotReviveASessionThatWasSignedOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flow string
		ends string // where
	}{
		"a run that began in the session":       {"agree", "provider"},
		"a run that met the session on its way": {"late", "login_required"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, setup{})
			var one, tab *chromium.Tab
			if c.flow == "agree" {
				one = w.signOnAt(1, "ada")
			}
			tab = w.browser.Open(w.authorize(2, "/callback", "acr_values", c.flow))
			if c.flow == "late" {
				one = w.signOnAt(1, "ada")
				tab.Click("button[value=go]")
			}
			tab.Wait("document.querySelector('button[value=agree]')")
			one.Do("vigil.signOff({ redirect: false })")
			tab.Click("button[value=agree]")
			tab.Wait("!document.querySelector('button[value=agree]') && document.readyState === 'complete'")
			if got := chromium.Eval[string](tab, "window.asked ? asked.query.error?.[0] ?? 'code' : 'provider'"); got != c.ends {
				t.Errorf("after the sign-off the run ends with %s, want %s: %s", got, c.ends, tab.URL())
			}
			tab.Go(w.authorize(1, "/callback", "prompt", "none"))
			if got := chromium.Eval[string](tab, "asked.query.error?.[0] ?? 'code'"); got != "login_required" {
				t.Errorf("afterwards prompt=none is answered %s", got)
			}
		})
	}
}
