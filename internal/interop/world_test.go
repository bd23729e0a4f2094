package interop

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/chromium"
	"vigil/internal/config"
	"vigil/internal/fixture"
	"vigil/internal/keys"
	"vigil/internal/password"
	"vigil/internal/server"
)

// rsaKeys are lent to all servers of these tests.
var rsaKeys keys.Lent

func TestMain(m *testing.M) { os.Exit(chromium.Main(m)) }

// world is a provider, an application with Ping's clients beside it, and a tab of that application.
type world struct {
	t       *testing.T
	server  *server.Server
	tab     *chromium.Tab
	origin  string // of the provider
	address string // where it listens, as http
	app     string // origin of the application
}

// bundled serves a script that uses packages of npm, and pages that are nothing but it.
func bundled(t *testing.T, script string) http.Handler {
	t.Helper()
	bundle := filepath.Join(t.TempDir(), script)
	build := exec.Command("node", "node_modules/esbuild/bin/esbuild", script, "--bundle", "--format=esm", "--log-level=warning", "--outfile="+bundle)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the foreign clients are not installed: run `make deps`: %v\n%s", err, out)
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/"+script {
			http.ServeFile(rw, r, bundle)
			return
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(rw, `<!doctype html><html lang="en"><link rel="icon" href="data:,"><body><script type="module" src="/%s"></script></body></html>`, script)
	})
}

// newWorld starts all of it; more are lines of the application's registration.
func newWorld(t *testing.T, more string) *world {
	t.Helper()
	pages := bundled(t, "ping.js")
	w := newServer(t, provider{host: "auth.vigil.localhost", applications: pingApplication, environment: more, app: pages})
	w.tab = chromium.Start(t).Open(w.app + "/app")
	w.tab.Wait("window.ping?.ready.then(() => true)")
	return w
}

// provider is what a test wants of the provider.
type provider struct {
	host         string       // without its port
	applications string       // lines of YAML; ${app} stands for the origin of the application
	environment  string       // lines of the environment
	idle         string       // how long a session may idle. Empty: half an hour
	file         string       // lines of the configuration file
	origin       string       // what it is called, if another server stands before it
	app          http.Handler // answers at appHost. Nil: nobody does
	flows        map[string]string
	listener     net.Listener // nil: any port
	appHost      string       // where the application is. Empty: app.vigil.localhost
}

// listen finds a port.
func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// at is an address of a host behind a listener.
func at(host string, listener net.Listener) string {
	return fmt.Sprintf("http://%s:%d", host, listener.Addr().(*net.TCPAddr).Port)
}

// newServer starts a provider alone.
func newServer(t *testing.T, p provider) *world {
	t.Helper()
	folder := t.TempDir()
	listener := p.listener
	if listener == nil {
		listener = listen(t)
	}
	port := fmt.Sprintf(":%d", listener.Addr().(*net.TCPAddr).Port)
	w := &world{t: t, app: "http://" + cmp.Or(p.appHost, "app.vigil.localhost") + port, origin: "http://" + p.host + port}
	all := map[string]string{"sign-on": fixture.SignOn("idleTimeout: " + cmp.Or(p.idle, "30m")), "details": detailsFlow, "keys": keysFlow}
	maps.Copy(all, p.flows)
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := w.origin
	if p.origin != "" {
		w.origin = p.origin
	}
	source := p.file + fmt.Sprintf(configuration, folder, w.origin, strings.ReplaceAll(p.applications, "${app}", w.app), p.environment)
	cfg, found := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(source), os.LookupEnv)
	if cfg == nil {
		t.Fatalf("configuration: %v\n%s", found, source)
	}
	hosts := map[string]http.Handler{}
	if p.app != nil {
		hosts[cmp.Or(p.appHost, "app.vigil.localhost")+port] = p.app
	}
	var err error
	if w.server, err = server.New(t.Context(), server.Options{Config: cfg, Hosts: hosts, Passwords: password.Cheapest(), RSA: rsaKeys.Next}); err != nil {
		if mistakes := (*server.FlowError)(nil); errors.As(err, &mistakes) {
			t.Fatal(mistakes.Diagnostics)
		}
		t.Fatal(err)
	}
	w.serve(listener)
	w.address = address
	return w
}

func (w *world) serve(listener net.Listener) {
	ctx, stop := w.t.Context(), make(chan error, 1)
	go func() { stop <- w.server.Serve(ctx, []server.Listener{{Listener: listener, Handler: w.server}}) }()
	w.t.Cleanup(func() {
		if err := <-stop; err != nil {
			w.t.Errorf("serve: %v", err)
		}
		if err := w.server.Close(); err != nil {
			w.t.Errorf("close: %v", err)
		}
	})
}

// endSessions ends ada's sessions as an operator does.
func (w *world) endSessions() {
	w.t.Helper()
	u, err := w.server.Directory.Find(w.t.Context(), "test", "ada")
	if err != nil {
		w.t.Fatal(err)
	}
	if ended, err := w.server.Sessions.EndAllOfUser(w.t.Context(), "test", u.ID, time.Now()); err != nil || ended != 1 {
		w.t.Fatalf("%d sessions ended: %v", ended, err)
	}
}

// fill types ada's name and password into the page of the flow that a tab shows, or is about to show.
func (w *world) fill(tab *chromium.Tab) {
	w.t.Helper()
	tab.Type("input[name=username]", "ada")
	tab.Type("input[name=password]", "correct horse ada")
	tab.Click("button[value=signOn]")
}

// signOff signs off at the provider, in a tab of its own.
func (w *world) signOff(browser *chromium.Browser) {
	w.t.Helper()
	tab := browser.Open(w.origin + "/as/signoff")
	tab.Click("button[value=signOff]")
	tab.Wait("!document.querySelector('button[value=signOff]') && document.readyState === 'complete'")
}

// text is the first text of the present form.
func (w *world) text() string {
	w.t.Helper()
	return call[string](w.tab, "label()")
}

const configuration = `data: data
flows: %s
environments:
- id: test
  name: Test
  hosts: [%q]
  defaultFlow: sign-on
  users: [{username: ada, password: correct horse ada, givenName: Ada, email: ada@example.com}]
  applications:%s
%s
`

const pingApplication = `
  - clientId: ping
    type: SINGLE_PAGE_APP
    opSessionCheckEnabled: true
    idpSignoff: true
    grantTypes: [AUTHORIZATION_CODE, IMPLICIT, REFRESH_TOKEN]
    responseTypes: [CODE, ID_TOKEN, NONE]
    redirectUris: ["${app}/callback"]
    flowPolicies: [sign-on, details, keys]`

const detailsFlow = `flow: details
title: Details
start: details

nodes:
  details:
    form:
      title: Details
      text: Tell us more.
      fields:
        - {name: nick, type: text, label: Nickname, value: Countess}
        - {name: mail, type: email, label: Mail}
        - {name: phone, type: phone, label: Phone}
        - {name: age, type: number, label: Age}
        - {name: born, type: date, label: Born}
        - {name: news, type: checkbox, label: News, required: false}
        - {name: terms, type: checkbox, label: Terms, required: true}
        - {name: colour, type: choice, label: Colour, options: {red: Red, green: Green}}
        - {name: secret, type: newPassword, label: Secret}
        - {name: code, type: code, label: Code}
      buttons: [{name: next, label: Next}, {name: later, label: Later, kind: link}]
    then: {next: summary, later: cancelled}

  summary:
    form:
      title: Summary
      text: "{{details.nick}} {{details.mail}} {{details.phone}} {{details.age}} {{details.colour}} {{details.news}} {{details.terms}}"
      buttons: [{name: back, label: Back}, {name: done, label: Done}]
    then: {back: details, done: cancelled}

  cancelled: {end: error, with: {code: access_denied, description: Cancelled.}}
`
