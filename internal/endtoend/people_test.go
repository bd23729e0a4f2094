package endtoend

import (
	"testing"

	"vigil/internal/chromium"
)

// letters is an environment that could send mail; these tests stop before any leaves.
var letters = []string{"mail: {server: 127.0.0.1:2525, tls: none, from: no-reply@example.com}"}

func TestABrowserDoesItsWorkWhileThePersonRegisters(t *testing.T) {
	chromium.CheckTypes(t, "../../static/page/effort.js", "../../static/page/effort-worker.js")
	w := house{host: providerHost, flow: "register", environment: letters}.open(t, chromium.Start(t))
	tab, look := w.browser.Open(""), picturesOf(t)
	w.begin(tab, providerHost, false)
	look.take(tab, "register")
	tab.Type("input[name=email]", "new@example.com")
	tab.Type("input[name=password]", "new horse")
	tab.Type("input[name='password.repeat']", "new horse")
	tab.Click("input[name=terms]")
	tab.Click("button[value=register]") // at once: the form goes by itself when the work is done
	tab.Wait("document.querySelector('input[name=digits]') !== null")
	look.take(tab, "register-code")
	quiet(t, tab)
}

func TestWhoLeavesIsNotKeptWaitingForTheWork(t *testing.T) {
	w := house{host: providerHost, flow: "register", environment: letters}.open(t, chromium.Start(t))
	tab := w.browser.Open("")
	w.begin(tab, providerHost, false)
	tab.Click("button[value=cancel]")
	tab.Wait("location.pathname === '/back' && location.hash.includes('access_denied')")
}

func TestThePagesAboutPasswordsFitEveryWindow(t *testing.T) {
	look := picturesOf(t)
	w := house{host: providerHost, flow: "reset-password", environment: letters}.open(t, chromium.Start(t))
	tab := w.browser.Open("")
	w.begin(tab, providerHost, false)
	look.take(tab, "reset-address")
	tab.Type("input[name=username]", "nobody\r")
	tab.Wait("document.querySelector('input[name=digits]') !== null")
	look.take(tab, "reset-code")
	tab.Type("input[name=digits]", "123456\r")
	tab.Wait("document.body.innerText.includes('That code is not right.')")
	quiet(t, tab)
}
