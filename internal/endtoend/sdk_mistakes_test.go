package endtoend

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"vigil/internal/chromium"
)

// mistaken opens a page of the first application on which `mistaken` makes an SDK with other settings, and gives what it says then.
func (w *world) mistaken() *chromium.Tab {
	w.t.Helper()
	tab := w.browser.Open("")
	// Nothing answers the silent sign-ins of these tests, so nobody has to wait for that.
	tab.Before(`const later = setTimeout; window.setTimeout = (act, after, ...rest) => later(act, after === 10_000 ? 0 : after, ...rest);`)
	tab.Go(w.app(1) + "/sdk")
	tab.Wait("window.last?.('ready')")
	tab.Do(fmt.Sprintf(`void (window.mistaken = async (settings) => {
		const { createVigil } = await import(%q);
		const made = { issuer: %q, clientId: "one", redirectUri: location.origin + "/sdk", silentRedirectUri: location.origin + "/silent" };
		try {
			const { error } = await createVigil({ ...made, ...settings }).silentSignIn();
			return error.code + ": " + error.message;
		} catch (error) {
			return error.code + ": " + error.message;
		}
	})`, w.issuer()+"/sdk/vigil.js", w.issuer()+"/as"))
	return tab
}

func TestTheSDKSaysWhichSettingIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	tab := w.mistaken()
	closed := w.origin("127.0.0.1") // no host of the provider: what it answers, a page of another origin may not read
	for settings, want := range map[string][]string{
		"{ issuer: undefined }":                           {"badSetting: ", "issuer"},
		"{ clientId: '' }":                                {"badSetting: ", "clientId"},
		"{ redirectUri: '/sdk' }":                         {"badSetting: ", "redirectUri", "/sdk"},
		"{ redirectUri: '" + w.app(2) + "/sdk' }":         {"badSetting: ", "redirectUri", w.app(2), w.app(1)},
		"{ silentRedirectUri: '" + w.app(2) + "/silent'}": {"badSetting: ", "silentRedirectUri", w.app(2), w.app(1)},
		"{ issuer: '" + closed + "/as' }":                 {"unreachable: ", closed + "/as/.well-known/openid-configuration"},
		"{ silentRedirectUri: location.origin + '/x' }":   {"silentTimeout: ", w.issuer() + "/as/authorize?client_id=one", "prompt=none"},
	} {
		got := chromium.Eval[string](tab, "mistaken("+settings+")")
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("with %s the SDK says %q, which does not tell %q", settings, got, part)
			}
		}
	}
}

func TestAnApplicationAsksForAFlowAndALanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.openSDK(1)
	one.Do("void (navigation.onnavigate = (event) => { window.asked = event.destination.url; event.preventDefault(); })")
	one.Do("void vigil.signIn({ acrValues: 'agree late', uiLocales: 'de-CH de' })")
	one.Wait("window.asked")
	asked, err := url.Parse(chromium.Eval[string](one, "asked"))
	if err != nil {
		t.Fatal(err)
	}
	if q := asked.Query(); q.Get("acr_values") != "agree late" || q.Get("ui_locales") != "de-CH de" {
		t.Errorf("the application asked by %s", asked)
	}
}

func TestTheKeyThatSignsSomebodyOffIsNoActivity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	one.Do("void document.body.append(Object.assign(document.createElement('button'), { id: 'out', onclick: () => vigil.signOff() }))")
	before := w.asked()
	one.Type("#out", "\r")
	one.WaitURL(w.app(1) + "/bye")
	if told := w.log.statusOf(before, "/as/session/activity"); len(told) > 0 {
		t.Errorf("the provider hears of activity in the session that ends, and answers %v", told)
	}
}
