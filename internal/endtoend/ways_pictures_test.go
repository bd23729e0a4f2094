package endtoend

import (
	"testing"
)

func TestPagesWithPasskeysAndProvidersFitEveryWindow(t *testing.T) {
	shots := picturesOf(t)
	w := newHouse(t)
	tab := unoffered(w.browser.Open(""))
	key := tab.Authenticator()
	w.begin(tab, providerHost, false)
	shots.take(tab, "passkey-first")
	key.Owned(false)
	tab.Click("#field-passkey")
	tab.Wait("!document.querySelector('#field-passkey-error').hidden")
	shots.take(tab, "passkey-refused")
	key.Owned(true)
	tab.Click("button[value=password]")
	tab.Wait("document.querySelector('input[name=password]')")
	shots.take(tab, "passkey-password")
	tab.Type("input[name=username]", "ada")
	tab.Type("input[name=password]", passwordOf("ada"))
	tab.Click("button[value=signOn]")
	headed(tab, "Sign on faster next time")
	shots.take(tab, "passkey-offer")

	p := newPair(t)
	tab = p.here.browser.Open("")
	p.here.begin(tab, providerHost, false)
	shots.take(tab, "external-first")
	p.leave(tab)
	p.vouch(tab, "grace")
	headed(tab, "You are new here")
	shots.take(tab, "external-welcome")
	tab.Click("button[value=link]")
	headed(tab, "Link your account")
	shots.take(tab, "external-link")
}
