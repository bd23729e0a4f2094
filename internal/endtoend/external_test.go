package endtoend

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"vigil/internal/chromium"
)

// companyHost is another provider, of another site.
const companyHost = "login.company.localhost"

// pair is a provider whose people may sign on with another, and that other.
type pair struct {
	t             *testing.T
	here, company *world
	caught        atomic.Pointer[string] // the address of what last came back
	catch         atomic.Bool            // and it gets no further
}

func newPair(t *testing.T) *pair {
	t.Helper()
	browser := chromium.Start(t)
	here, herePort := listen(t)
	company, companyPort := listen(t)
	back := "http://" + providerHost + herePort + callback
	p := &pair{t: t}
	p.company = house{host: companyHost, flow: "sign-on", listener: company, applications: []string{
		fmt.Sprintf("{clientId: here, type: WEB_APP, clientSecret: a secret between the two, redirectUris: [%q]}", back),
	}}.open(t, browser)
	p.here = house{host: providerHost, flow: "sign-on-external", listener: here, environment: []string{
		fmt.Sprintf("identityProviders: [{name: company, issuer: %q, clientId: here, clientSecret: a secret between the two}]", "http://"+companyHost+companyPort+"/as"),
	}}.open(t, browser)
	served := p.here.gate.next
	p.here.gate.next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == callback && r.URL.Query().Has("code") {
			address := p.here.issuer() + r.URL.RequestURI()
			p.caught.Store(&address)
			if p.catch.Load() {
				_, _ = w.Write([]byte("<title>caught</title>"))
				return
			}
		}
		served.ServeHTTP(w, r)
	})
	return p
}

const callback = "/as/callback/company"

// leave leaves the sign-on here for the other provider.
func (p *pair) leave(tab *chromium.Tab) {
	p.t.Helper()
	p.here.begin(tab, providerHost, false)
	tab.Click("button[value=company]")
	tab.WaitURL(p.company.origin(companyHost) + "/signon/")
}

// vouch signs somebody on at the other provider.
func (p *pair) vouch(tab *chromium.Tab, user string) {
	p.t.Helper()
	tab.Type("input[name=username]", user)
	tab.Type("input[name=password]", passwordOf(user))
	tab.Click("button[value=signOn]")
}

// headed waits for a page with a heading.
func headed(tab *chromium.Tab, title string) {
	tab.Wait(fmt.Sprintf("document.querySelector('h1')?.textContent === %q", title))
}

func TestSomebodyOfAnotherProviderIsLinkedByTheirPasswordAndNeedsItNoMore(t *testing.T) {
	p := newPair(t)
	tab := p.here.browser.Open("")
	p.leave(tab)
	p.vouch(tab, "grace")
	tab.Click("button[value=create]")
	// The other provider never made sure of Grace's address, so it is no name to have here.
	headed(tab, "Link your account")
	if value := chromium.Eval[string](tab, "document.querySelector('input[name=username]').value"); value != "grace@example.com" {
		t.Errorf("the page proposes %q", value)
	}
	tab.Type("input[name=password]", passwordOf("grace"))
	tab.Click("button[value=link]")
	claims := p.here.told(tab)
	if got := methods(claims); got != "pwd" || claims["preferred_username"] != "grace" {
		t.Errorf("the link gave %v", claims)
	}
	p.here.signOff(tab, providerHost, claims)

	p.here.begin(tab, providerHost, false)
	tab.Click("button[value=company]") // signed on there already: it vouches without a word
	claims = p.here.told(tab)
	if got := methods(claims); got != "fed" || claims["preferred_username"] != "grace" {
		t.Errorf("the next time gave %v", claims)
	}
	quiet(t, tab)
}

func TestWhatAnotherProviderSaysCountsInTheRunThatAskedAndLeavesTheAddressAtOnce(t *testing.T) {
	p := newPair(t)
	tab := p.here.browser.Open("")
	p.leave(tab)
	p.vouch(tab, "grace")
	headed(tab, "You are new here")
	if at := tab.URL(); strings.Contains(at, "code=") || strings.Contains(at, "state=") {
		t.Errorf("the page stands at %s", at)
	}
	tab.Go(*p.caught.Load()) // once more, as from the history
	headed(tab, "You are new here")
	for _, forged := range []string{"?code=x&state=y", "?code=x", "?error=access_denied&state=a.b"} {
		tab.Go(p.here.issuer() + callback + forged)
		headed(tab, "This sign-on is over")
	}
}

func TestOnlyTheBrowserThatLeftMayComeBack(t *testing.T) {
	p := newPair(t)
	p.catch.Store(true)
	tab := p.here.browser.Open("")
	p.leave(tab)
	p.vouch(tab, "grace")
	tab.Wait("document.title === 'caught'")
	p.catch.Store(false)
	other := chromium.Start(t).Open(*p.caught.Load())
	headed(other, "This sign-on began elsewhere")
}

func TestAnAnswerWithAnotherIssuerOrAnotherStateOrNoCodeIsRefused(t *testing.T) {
	p := newPair(t)
	tab := p.here.browser.Open("")
	for name, c := range map[string]struct {
		change func(url.Values)
		heard  bool // the run hears of it; else it shows where it is
	}{
		"another issuer":   {func(q url.Values) { q.Set("iss", "https://elsewhere.example.com") }, true},
		"no issuer":        {func(q url.Values) { q.Del("iss") }, true},
		"two issuers":      {func(q url.Values) { q.Add("iss", "https://elsewhere.example.com") }, true},
		"no code":          {func(q url.Values) { q.Del("code") }, true},
		"another's code":   {func(q url.Values) { q.Set("code", "another") }, true},
		"a refusal beside": {func(q url.Values) { q.Set("error", "access_denied") }, true},
		"another state":    {func(q url.Values) { q.Set("state", q.Get("state")+"x") }, false},
		"two states":       {func(q url.Values) { q.Add("state", "x") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			p.catch.Store(true)
			p.here.begin(tab, providerHost, false)
			tab.Click("button[value=company]")
			tab.Wait("document.title === 'caught' || (location.hostname === '" + companyHost + "' && document.querySelector('input[name=password]'))")
			if chromium.Eval[bool](tab, "document.title !== 'caught'") {
				p.vouch(tab, "grace")
				tab.Wait("document.title === 'caught'")
			}
			p.catch.Store(false)
			caught, err := url.Parse(*p.caught.Load())
			if err != nil {
				t.Fatal(err)
			}
			query := caught.Query()
			c.change(query)
			caught.RawQuery = query.Encode()
			tab.Go(caught.String())
			headed(tab, "Sign on")
			told := strings.HasPrefix(chromium.Eval[string](tab, "document.querySelector('#field-company-error').textContent"), "That did not work")
			if told != c.heard {
				t.Errorf("the page tells of it: %v", told)
			}
		})
	}
}

func TestAProviderThatDoesNotAnswerIsToldOnThePage(t *testing.T) {
	silent, port := listen(t)
	if err := silent.Close(); err != nil {
		t.Fatal(err)
	}
	w := house{host: providerHost, flow: "sign-on-external", environment: []string{
		fmt.Sprintf("identityProviders: [{name: company, issuer: %q, clientId: here}]", "http://"+companyHost+port+"/as"),
	}}.open(t, chromium.Start(t))
	tab := w.browser.Open("")
	w.begin(tab, providerHost, false)
	tab.Click("button[value=company]")
	tab.Wait("document.querySelector('#field-company-error').textContent.startsWith('This way cannot be taken just now')")
}
