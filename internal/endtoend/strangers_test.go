package endtoend

import (
	"fmt"
	"strings"
	"testing"

	"vigil/internal/chromium"
)

func TestAStrangersLinkAsksBeforeItSignsAnybodyOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	pictures := picturesOf(t)
	one := w.signOnAt(1, "ada")
	tab := w.browser.Open(w.origin(stranger) + "/")
	tab.Do(fmt.Sprintf("void (location = %q)", w.issuer()+"/as/signoff?client_id=one"))
	tab.WaitURL(w.issuer() + "/as/signoff")
	pictures.take(tab, "sign-off-question")
	tab.Click("button[value=stay]")
	tab.WaitURL(w.issuer() + "/as/signoff/confirm")
	if got := tab.Text("h1"); got != "You are still signed on" {
		t.Errorf("who stays is told %q", got)
	}
	if got := chromium.Eval[string](one, "poll()"); got != "unchanged" {
		t.Errorf("a link and no consent: the frame says %s", got)
	}
	tab.Go(w.issuer() + "/as/signoff?client_id=one")
	tab.Click("button[value=signOff]")
	one.Wait("last('changed')?.reason === 'signedOff'")
	tab.Wait("document.querySelector('h1').textContent === 'You are signed off'")
	pictures.take(tab, "signed-off")
}

func TestAFormOfASiblingHostAnswersNoPageOfOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	tab := w.browser.Open(w.authorize(1, "/callback"))
	tab.WaitURL(w.issuer() + "/signon/")
	hidden := chromium.Eval[map[string]string](tab, "Object.fromEntries([...document.querySelectorAll('input[type=hidden]')].map(({ name, value }) => [name, value]))")
	hidden["username"], hidden["password"], hidden["_button"] = "grace", passwordOf("grace"), "signOn"
	forged := w.postFrom(w.origin(sibling), tab.URL(), hidden)
	forged.WaitURL(w.issuer() + "/signon/")
	if got := forged.Text("h1"); got != "That answer came from elsewhere" {
		t.Errorf("a form of a sibling host is answered %q", got)
	}
	if _, there := w.cookie("ST"); there {
		t.Error("a form of a sibling host signed somebody on")
	}
	w.fill(tab, "ada")
	tab.WaitURL(w.app(1) + "/callback?")

	signedOff := w.postFrom(w.origin(sibling), w.issuer()+"/as/signoff/confirm", map[string]string{"_button": "signOff", "client_id": "one"})
	signedOff.Wait("document.querySelector('button[value=signOff]')")
	if _, there := w.cookie("ST"); !there {
		t.Error("a form of a sibling host signed the person off")
	}
}

func TestARequestThatMayNotBeRedirectedShowsAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	pictures := picturesOf(t)
	w.signOnAt(1, "ada")
	for name, address := range map[string]string{
		"an unknown client":           w.authorize(1, "/callback", "client_id", "nobody"),
		"another's redirect URI":      w.authorize(1, "/callback", "redirect_uri", w.origin(stranger)+"/callback"),
		"a script as redirect URI":    w.authorize(1, "/callback", "redirect_uri", "javascript:alert(1)"),
		"a redirect URI given twice":  w.authorize(1, "/callback") + "&redirect_uri=" + w.app(1) + "/callback",
		"a foreign sign-off address":  w.issuer() + "/as/signoff?client_id=one&post_logout_redirect_uri=" + w.origin(stranger) + "/",
		"a sign-off address's prefix": w.issuer() + "/as/signoff?client_id=one&post_logout_redirect_uri=" + w.app(1) + "/bye/../callback",
	} {
		tab := w.browser.Open(address)
		if !strings.HasPrefix(tab.URL(), w.issuer()) || chromium.Eval[bool](tab, "!document.querySelector('h1')") {
			t.Errorf("%s leads to %s", name, tab.URL())
		}
		if name == "an unknown client" {
			pictures.take(tab, "error")
		}
		tab.Close()
	}
	if _, there := w.cookie("ST"); !there {
		t.Error("one of them signed the person off")
	}
}

func TestAnIsolatedApplicationHearsTheFrameToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	one := w.signOnAt(1, "ada")
	question := chromium.Eval[string](one, "`one ${vigil.current.sessionState}`")
	tab := w.browser.Open(w.app(1) + "/isolated")
	if !chromium.Eval[bool](tab, "crossOriginIsolated") {
		t.Fatal("the page is not isolated")
	}
	if got := w.askFrame(tab, question); got != "unchanged" {
		t.Errorf("inside an isolated page the frame says %s", got)
	}
}
