package endtoend

import (
	"fmt"
	"strings"
	"testing"

	"vigil/internal/chromium"
)

// newHouse asks for passkeys first.
func newHouse(t *testing.T) *world {
	t.Helper()
	return house{host: providerHost, flow: "sign-on-passkey"}.open(t, chromium.Start(t))
}

// addPasskey signs somebody on with the password and has them add a passkey.
func (w *world) addPasskey(tab *chromium.Tab, user string) {
	w.t.Helper()
	w.begin(tab, providerHost, true)
	tab.Click("button[value=password]")
	tab.Type("input[name=username]", user)
	tab.Type("input[name=password]", passwordOf(user))
	tab.Click("button[value=signOn]")
	tab.Click("button[data-passkey=create]")
	claims := w.told(tab)
	if got := methods(claims); got != "pwd" {
		w.t.Fatalf("amr is %q after the password", got)
	}
	w.signOff(tab, providerHost, claims)
}

// unoffered keeps the browser from offering passkeys by itself: an authenticator without a person would take every offer up.
func unoffered(tab *chromium.Tab) *chromium.Tab {
	tab.Before("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
	return tab
}

// quiet checks that no page complained.
func quiet(t *testing.T, tab *chromium.Tab) {
	t.Helper()
	if lines := tab.Console(); len(lines) > 0 {
		t.Errorf("the browser says: %s", strings.Join(lines, "\n"))
	}
}

func TestAPasskeyIsAddedWithAFingerAndSignsOnWithoutAName(t *testing.T) {
	chromium.CheckTypes(t, "../../static/page/passkey.js")
	w := newHouse(t)
	tab := unoffered(w.browser.Open(""))
	key := tab.Authenticator()
	w.addPasskey(tab, "ada")
	held := key.Passkeys()
	if len(held) != 1 || !held[0].IsResidentCredential || held[0].RpID != providerHost {
		t.Fatalf("the authenticator holds %+v", held)
	}
	w.begin(tab, providerHost, false)
	tab.Type("#field-passkey", "\r") // by keyboard
	claims := w.told(tab)
	if got := methods(claims); got != "mfa pop" || claims["preferred_username"] != "ada" {
		t.Errorf("a passkey gave %v", claims)
	}
	quiet(t, tab)
}

func TestTheBrowserOffersPasskeysBesideTheUserName(t *testing.T) {
	w := newHouse(t)
	tab := w.browser.Open("")
	tab.Authenticator()
	w.addPasskey(tab, "ada")
	w.begin(tab, providerHost, false)
	tab.Click("button[value=password]") // and nothing more: the offer is taken up
	if got := methods(w.told(tab)); got != "mfa pop" {
		t.Errorf("amr is %q", got)
	}
	quiet(t, tab)
}

func TestWhoeverCannotUseAPasskeyIsToldKindlyAndMayTryAgain(t *testing.T) {
	w := newHouse(t)
	tab := unoffered(w.browser.Open(""))
	key := tab.Authenticator()
	w.addPasskey(tab, "ada")
	key.Owned(false)
	w.begin(tab, providerHost, false)
	tab.Click("#field-passkey")
	tab.Wait("document.querySelector('#field-passkey-error').textContent.startsWith('That did not work')")
	tab.Wait("document.activeElement.id === 'field-passkey' && !document.activeElement.disabled")
	key.Owned(true)
	tab.Click("#field-passkey")
	if got := methods(w.told(tab)); got != "mfa pop" {
		t.Errorf("amr is %q", got)
	}
}

func TestAPasskeyWhoseCounterGoesBackSignsNobodyOnAnyMore(t *testing.T) {
	w := newHouse(t)
	tab := unoffered(w.browser.Open(""))
	key := tab.Authenticator()
	w.addPasskey(tab, "ada")
	stolen := key.Passkeys()[0]
	for range 2 {
		w.begin(tab, providerHost, false)
		tab.Click("#field-passkey")
		w.signOff(tab, providerHost, w.told(tab))
	}
	original := key.Passkeys()[0]
	for _, use := range []struct {
		who   string
		count float64
	}{{"the copy", stolen.SignCount}, {"the original, after the copy was seen", original.SignCount + 10}} {
		original.SignCount = use.count
		key.Replace(original)
		w.begin(tab, providerHost, false)
		tab.Click("#field-passkey")
		tab.Wait("(document.querySelector('#field-passkey-error')?.textContent ?? '').startsWith('That passkey does not work')")
	}
}

func TestAnAnswerOfAPasskeyCountsOnceAndForItsOwnPageAlone(t *testing.T) {
	w := newHouse(t)
	tab := unoffered(w.browser.Open(""))
	tab.Authenticator()
	w.addPasskey(tab, "ada")
	w.begin(tab, providerHost, false)
	// The answer is made, and kept from being sent.
	tab.Do("document.querySelector('form').requestSubmit = () => {}")
	tab.Click("#field-passkey")
	tab.Wait("document.querySelector('input[name=passkey]').value !== ''")
	answer := chromium.Eval[string](tab, "document.querySelector('input[name=passkey]').value")
	send := func(changed string) {
		tab.Do(fmt.Sprintf("document.querySelector('input[name=passkey]').value = %q; HTMLFormElement.prototype.requestSubmit.call(document.querySelector('form'), document.querySelector('#field-passkey'))", changed))
	}
	refused := "(document.querySelector('#field-passkey-error')?.textContent ?? '').startsWith('That passkey does not work')"
	w.begin(tab, providerHost, false) // another run asks anew
	send(answer)
	tab.Wait(refused)
	for _, wrong := range []string{"{}", "nonsense", strings.Replace(answer, `"signature":"`, `"signature":"AA`, 1), `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`} {
		send(wrong)
		tab.Wait(refused + " && document.querySelector('input[name=passkey]').value === ''")
	}
}
