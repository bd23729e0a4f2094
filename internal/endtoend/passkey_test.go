package endtoend

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/internal/chromium"
	"vigil/internal/config"
	"vigil/internal/password"
	"vigil/internal/server"
)

// newHouse is a world with the flows that ship, one of which serves the first application.
func newHouse(t *testing.T, flow string, environment ...string) *world {
	t.Helper()
	return houseAt(t, chromium.Start(t), providerHost, flow, environment...)
}

// houseAt is a provider at a host, for a browser that may know others.
func houseAt(t *testing.T, browser *chromium.Browser, host, flow string, environment ...string) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, log: &accessLog{}, browser: browser, port: fmt.Sprintf(":%d", listener.Addr().(*net.TCPAddr).Port)}
	var b strings.Builder
	fmt.Fprintf(&b, "data: data\nenvironments:\n- id: test\n  name: Test\n  hosts: [%q]\n  defaultFlow: %s\n", w.origin(host), flow)
	for _, line := range environment {
		fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(line, "\n", "\n  "))
	}
	fmt.Fprintf(&b, "  users:\n  - {username: ada, password: %q, givenName: Ada, familyName: Lovelace, email: ada@example.com}\n  - {username: grace, password: %q}\n", passwordOf("ada"), passwordOf("grace"))
	fmt.Fprintf(&b, "  applications:\n  - {clientId: one, type: SINGLE_PAGE_APP, grantTypes: [IMPLICIT], responseTypes: [ID_TOKEN], redirectUris: [%q]}\n", w.app(1)+"/back")
	cfg, found := config.Parse(filepath.Join(t.TempDir(), "vigil.yaml"), []byte(b.String()), os.LookupEnv)
	if cfg == nil {
		t.Fatalf("configuration: %v\n%s", found, b.String())
	}
	back := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<title>back</title>")) })
	w.server, err = server.New(t.Context(), server.Options{
		Config: cfg, Log: w.log.logger(), Passwords: password.Cheapest(), Hosts: map[string]http.Handler{clients[0].host + w.port: back},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.gate = &gate{next: w.server}
	w.serve(listener)
	return w
}

// begin opens the sign-on that the application asks for. A fresh one asks again whoever is signed on.
func (w *world) begin(tab *chromium.Tab, host string, fresh bool) {
	w.t.Helper()
	q := url.Values{"client_id": {"one"}, "response_type": {"id_token"}, "scope": {"openid profile email"}, "nonce": {"n"}, "redirect_uri": {w.app(1) + "/back"}}
	if fresh {
		q.Set("prompt", "login")
	}
	tab.Go(w.origin(host) + "/as/authorize?" + q.Encode())
}

// told are the claims of the ID token with which a tab came back to the application.
func (w *world) told(tab *chromium.Tab) map[string]any {
	w.t.Helper()
	tab.Wait("location.pathname === '/back' && location.hash.length > 1", 10*time.Second)
	answer, err := url.ParseQuery(chromium.Eval[string](tab, "location.hash.slice(1)"))
	if err != nil || answer.Get("id_token") == "" {
		w.t.Fatalf("the application got %v, %v", answer, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(answer.Get("id_token"), ".")[1])
	if err != nil {
		w.t.Fatal(err)
	}
	claims := map[string]any{"raw": answer.Get("id_token")}
	if err := json.Unmarshal(raw, &claims); err != nil {
		w.t.Fatal(err)
	}
	return claims
}

// methods are the amr of an ID token, sorted.
func methods(claims map[string]any) string {
	var all []string
	list, _ := claims["amr"].([]any)
	for _, m := range list {
		all = append(all, fmt.Sprint(m))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// signOff ends the session that an ID token came from.
func (w *world) signOff(tab *chromium.Tab, host string, claims map[string]any) {
	w.t.Helper()
	tab.Go(w.origin(host) + "/as/signoff?" + url.Values{"id_token_hint": {fmt.Sprint(claims["raw"])}}.Encode())
	tab.Wait("document.title.includes('signed off')", 10*time.Second)
}

// addPasskey signs somebody on with the password and has them add a passkey.
func (w *world) addPasskey(tab *chromium.Tab, user string) {
	w.t.Helper()
	w.begin(tab, providerHost, true)
	tab.Type("input[name=username]", user)
	tab.Click("button[value=next]")
	tab.Wait("document.querySelector('input[name=password]')", 5*time.Second)
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
	w := newHouse(t, "sign-on-passkey")
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
	w := newHouse(t, "sign-on-passkey")
	tab := w.browser.Open("")
	tab.Authenticator()
	w.addPasskey(tab, "ada")
	w.begin(tab, providerHost, false) // nobody presses anything: the offer is taken up
	if got := methods(w.told(tab)); got != "mfa pop" {
		t.Errorf("amr is %q", got)
	}
	quiet(t, tab)
}

func TestWhoeverCannotUseAPasskeyIsToldKindlyAndMayTryAgain(t *testing.T) {
	w := newHouse(t, "sign-on-passkey")
	tab := unoffered(w.browser.Open(""))
	key := tab.Authenticator()
	w.addPasskey(tab, "ada")
	key.Owned(false)
	w.begin(tab, providerHost, false)
	tab.Click("#field-passkey")
	tab.Wait("document.querySelector('#field-passkey-error').textContent.startsWith('That did not work')", 5*time.Second)
	tab.Wait("document.activeElement.id === 'field-passkey' && !document.activeElement.disabled", time.Second)
	key.Owned(true)
	tab.Click("#field-passkey")
	if got := methods(w.told(tab)); got != "mfa pop" {
		t.Errorf("amr is %q", got)
	}
}

func TestAPasskeyWhoseCounterGoesBackSignsNobodyOnAnyMore(t *testing.T) {
	w := newHouse(t, "sign-on-passkey")
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
		tab.Wait("(document.querySelector('#field-passkey-error')?.textContent ?? '').startsWith('That passkey does not work')", 5*time.Second)
	}
}

func TestAnAnswerOfAPasskeyCountsOnceAndForItsOwnPageAlone(t *testing.T) {
	w := newHouse(t, "sign-on-passkey")
	tab := unoffered(w.browser.Open(""))
	tab.Authenticator()
	w.addPasskey(tab, "ada")
	w.begin(tab, providerHost, false)
	// The answer is made, and kept from being sent.
	tab.Do("document.querySelector('form').requestSubmit = () => {}")
	tab.Click("#field-passkey")
	tab.Wait("document.querySelector('input[name=passkey]').value !== ''", 5*time.Second)
	answer := chromium.Eval[string](tab, "document.querySelector('input[name=passkey]').value")
	send := func(changed string) {
		tab.Do(fmt.Sprintf("document.querySelector('input[name=passkey]').value = %q; HTMLFormElement.prototype.requestSubmit.call(document.querySelector('form'), document.querySelector('#field-passkey'))", changed))
	}
	refused := "(document.querySelector('#field-passkey-error')?.textContent ?? '').startsWith('That passkey does not work')"
	w.begin(tab, providerHost, false) // another run asks anew
	send(answer)
	tab.Wait(refused, 5*time.Second)
	for _, wrong := range []string{"{}", "nonsense", strings.Replace(answer, `"signature":"`, `"signature":"AA`, 1), `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`} {
		send(wrong)
		tab.Wait(refused+" && document.querySelector('input[name=passkey]').value === ''", 5*time.Second)
	}
}
