package endtoend

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil/internal/chromium"
)

// namings are the two ways an environment may name its cookies on a domain of its own. Four planted values that browsers send before ours
// would hide it under a bare name; under a host name nothing can be planted at all.
var namings = []struct {
	name  string
	lines []string
	paths []string
	bare  bool
}{
	{"host names", nil, []string{"/", "/as", "/as/", "/as/checksession"}, false},
	{"bare names", []string{"cookies: {bareNames: true}"}, []string{"/", "/as/checksession"}, true},
}

// plant sets a cookie for the whole site under both of its names from a sibling host's page.
func (w *world) plant(name, value, path string) {
	w.t.Helper()
	tab := w.browser.Open(w.origin(sibling) + "/")
	for _, prefix := range []string{"", "__Host-"} {
		tab.Do(fmt.Sprintf("document.cookie = `%s%s=%s; Domain=vigil.localhost; Path=%s; Secure`", prefix, name, value, path))
	}
	tab.Close()
}

func TestACookiePlantedByASiblingNeitherSignsOffNorHidesASignOff(t *testing.T) {
	t.Parallel()
	for _, naming := range namings {
		t.Run(naming.name, func(t *testing.T) {
			w := newWorld(t, setup{environment: naming.lines})
			for _, path := range naming.paths {
				w.plant("OPUAS", "s.AAAAAAAAAAAAAAAAAAAAAA", path)
			}
			one := w.signOnAt(1, "ada")
			two := w.openSDK(2)
			w.quiet(two, "ada")
			for _, tab := range []*chromium.Tab{one, two} {
				if got := chromium.Eval[string](tab, "poll()"); got != "unchanged" {
					t.Errorf("with a planted OPUAS the frame says %s", got)
				}
			}
			if got := chromium.Eval[string](two, "vigil.silentSignIn().then(() => user())"); got != "ada" {
				t.Errorf("with a planted OPUAS %q is signed on", got)
			}
			one.Do("vigil.signOff({ redirect: false })")
			two.Wait("last('changed')?.reason === 'signedOff'")
		})
	}
}

func TestASessionTokenPlantedByASiblingSignsNobodyOn(t *testing.T) {
	t.Parallel()
	for _, naming := range namings {
		t.Run(naming.name, func(t *testing.T) {
			w := newWorld(t, setup{environment: naming.lines})
			w.signOnAt(1, "ada")
			token, _ := w.cookie("ST")
			stranger := &world{t: t, server: w.server, browser: chromium.Start(t), port: w.port, log: w.log, gate: w.gate}
			stranger.signOnAt(1, "grace")

			stranger.plant("ST", token, "/as")
			tab := stranger.browser.Open(stranger.authorize(2, "/callback", "prompt", "none"))
			tab.WaitURL(stranger.app(2) + "/callback")
			got := chromium.Eval[string](tab, "asked.query.error?.[0] ?? 'code'")
			if !naming.bare { // the browser refuses to keep it
				if got != "code" {
					t.Errorf("a planted token signs the person off: %s", got)
				}
				return
			}
			if got != "login_required" {
				t.Errorf("with two different session tokens the answer is %s", got)
			}
			tab.Go(stranger.authorize(2, "/callback"))
			if said := tab.Text("main, body"); !strings.Contains(said, "two session cookies") || !strings.HasPrefix(tab.URL(), stranger.issuer()) {
				t.Errorf("at %s the page says %q", tab.URL(), said)
			}
			stranger.plant("ST", "; Max-Age=0", "/as")
			tab.Go(stranger.authorize(2, "/callback", "prompt", "none"))
			if got := chromium.Eval[string](tab, "asked.query.error?.[0] ?? 'code'"); got != "code" {
				t.Errorf("when the planted token is gone the answer is %s", got)
			}
		})
	}
}

// authorize is the address of an authorization request of the nth application; more are names and values of parameters.
func (w *world) authorize(n int, redirect string, more ...string) string {
	q := url.Values{
		"client_id": {clients[n-1].id}, "response_type": {"code"}, "scope": {"openid"}, "state": {fmt.Sprint("state", n, redirect)},
		"redirect_uri": {w.app(n) + redirect}, "code_challenge_method": {"S256"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, // RFC 7636, appendix B
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return w.issuer() + "/as/authorize?" + q.Encode()
}

func TestOPUASOutlivesTheSessionSoThatATimeOutIsNoError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	question := chromium.Eval[string](one, "`one ${vigil.current.sessionState}`")
	w.idles("ada", 5*time.Second)
	one.Do("activity.now()")
	one.Close()
	time.Sleep(6 * time.Second)
	late := w.browser.Open(w.app(1) + "/elsewhere")
	if got := w.askFrame(late, question); got != "changed" {
		t.Errorf("after the time-out the frame says %s", got)
	}
	if _, there := w.cookie("OPUAS"); !there {
		t.Error("OPUAS is gone")
	}
}

// askFrame puts the check-session page into a page and asks it one question.
func (w *world) askFrame(tab *chromium.Tab, question string) string {
	w.t.Helper()
	return chromium.Eval[string](tab, fmt.Sprintf(`new Promise((done) => {
		const frame = document.createElement("iframe");
		addEventListener("message", ({ data, source }) => source === frame.contentWindow && done(data));
		frame.onload = () => frame.contentWindow.postMessage(%q, %q);
		frame.src = %q;
		document.body.append(frame);
	})`, question, w.issuer(), w.issuer()+"/as/checksession"))
}

func TestASessionThatMustNotOutliveTheBrowserIsChangedAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{flow: "idleTimeout: 30m, persistent: false"})
	one := w.signOnAt(1, "ada")
	question := chromium.Eval[string](one, "`one ${vigil.current.sessionState}`")
	one.Close()
	w.browser.EndRun(providerHost)
	tab := w.browser.Open(w.app(1) + "/elsewhere")
	if got := w.askFrame(tab, question); got != "changed" {
		t.Errorf("after the restart the frame says %s", got)
	}
	tab.Go(w.authorize(1, "/callback", "prompt", "none"))
	if got := chromium.Eval[string](tab, "asked.query.error?.[0] ?? 'code'"); got != "login_required" {
		t.Errorf("after the restart prompt=none is answered %s", got)
	}
}

func TestARepairAnsweredAfterASignOffDoesNotBringUnchangedBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	token := chromium.Eval[string](one, "vigil.current.tokens.idToken")
	question := chromium.Eval[string](two, "`two ${vigil.current.sessionState}`")
	one.Close()
	two.Close()
	provider := w.atProvider()
	provider.Do("document.cookie = '__Host-OPUAS=; Max-Age=0; Path=/; Secure'")

	repair := w.gate.hold("/as/authorize")
	repaired := w.browser.Open("")
	repaired.Do(fmt.Sprintf("void (location = %q)", w.authorize(1, "/callback", "prompt", "none")))
	<-repair.given
	provider.Go(w.issuer() + "/as/signoff?id_token_hint=" + token)
	app := w.browser.Open(w.app(2) + "/elsewhere")
	if got := w.askFrame(app, question); got != "changed" {
		t.Fatalf("after the sign-off the frame says %s", got)
	}
	repair.release()
	repaired.WaitURL(w.app(1) + "/callback")
	if opuas, _ := w.cookie("OPUAS"); opuas == "a" {
		t.Fatal("the late answer set no OPUAS: nothing was tried")
	}
	if got := w.askFrame(app, question); got != "changed" {
		t.Errorf("after the late repair the frame says %s", got)
	}
	app.Go(w.authorize(2, "/callback", "prompt", "none"))
	if opuas, _ := w.cookie("OPUAS"); opuas != "a" || chromium.Eval[string](app, "asked.query.error[0]") != "login_required" {
		t.Errorf("the next authorize leaves OPUAS=%s", opuas)
	}
}

func TestALateActivityAnswerOfAnOldSessionDoesNotTouchTheNextUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	ping := w.gate.hold("/as/session/activity")
	two.Do("void (window.told = activity.now())")
	<-ping.given
	one.Do("void vigil.signIn({ prompt: 'login' })")
	w.fill(one, "grace")
	one.WaitURL(w.app(1) + "/sdk")
	w.quiet(one, "grace")
	token, _ := w.cookie("ST")
	opuas, _ := w.cookie("OPUAS")
	ping.release()
	two.Do("told")
	if after, _ := w.cookie("ST"); after != token {
		t.Error("the late answer changed ST")
	}
	if after, _ := w.cookie("OPUAS"); after != opuas {
		t.Error("the late answer changed OPUAS")
	}
	if got := chromium.Eval[string](one, "poll()"); got != "unchanged" {
		t.Errorf("after the late answer the next user's application hears %s", got)
	}
	if got := chromium.Eval[string](one, "vigil.silentSignIn().then(() => user())"); got != "grace" {
		t.Errorf("after the late answer %q is signed on", got)
	}
}

func TestALateActivityAnswerAfterASignOffDoesNotBringUnchangedBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	two := w.openSDK(2)
	w.quiet(two, "ada")
	question := chromium.Eval[string](two, "`two ${vigil.current.sessionState}`")
	ping := w.gate.hold("/as/session/activity")
	two.Do("void (window.told = activity.now())")
	<-ping.given
	for _, tab := range []*chromium.Tab{one, two} {
		tab.Do("watch.stop()") // or it would ask the provider, which puts things right
	}
	one.Do("vigil.signOff({ redirect: false })")
	ping.release()
	two.Do("told")
	if got := w.askFrame(w.browser.Open(w.app(2)+"/elsewhere"), question); got != "changed" {
		t.Errorf("after the late answer the frame says %s", got)
	}
}
