package endtoend

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/chromium"
	"vigil/internal/config"
	"vigil/internal/keys"
	"vigil/internal/password"
	"vigil/internal/server"
)

// rsaKeys are lent to all servers of these tests.
var rsaKeys keys.Lent

func TestMain(m *testing.M) { os.Exit(chromium.Main(m)) }

// world is a provider at auth.vigil.localhost, applications at app1 and app2 beside it and at partner.localhost, another site, and one
// person's browser. Every other host is a stranger's.
type world struct {
	t       *testing.T
	server  *server.Server
	browser *chromium.Browser
	port    string // with its colon
	log     *accessLog
	gate    *gate
}

// setup is what a test changes about the provider.
type setup struct {
	flow        string   // `with:` of the flow's success, beside the user
	environment []string // lines of the environment's configuration
}

// The hosts of the actors.
const (
	providerHost = "auth.vigil.localhost"
	sibling      = "evil.vigil.localhost" // a host of the same site that belongs to somebody else
	stranger     = "stranger.localhost"
)

// clients are the applications by their hosts.
var clients = []struct{ host, id string }{
	{"app1.vigil.localhost", "one"}, {"app2.vigil.localhost", "two"}, {"partner.localhost", "partner"},
}

func newWorld(t *testing.T, s setup) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, log: &accessLog{}, browser: chromium.Start(t), port: fmt.Sprintf(":%d", listener.Addr().(*net.TCPAddr).Port)}
	folder := t.TempDir()
	writeFlows(t, filepath.Join(folder, "flows"), s.flow)
	source := w.configuration(s.environment)
	cfg, found := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(source), os.LookupEnv)
	if cfg == nil {
		t.Fatalf("configuration: %v\n%s", found, source)
	}
	hosts := map[string]http.Handler{}
	for _, host := range []string{clients[0].host, clients[1].host, clients[2].host, sibling, stranger} {
		hosts[host+w.port] = http.HandlerFunc(servePages)
	}
	w.server, err = server.New(t.Context(), server.Options{Config: cfg, Log: w.log.logger(), Hosts: hosts, Passwords: password.Cheapest(), RSA: rsaKeys.Next})
	if err != nil {
		t.Fatal(err)
	}
	w.gate = &gate{next: w.server}
	w.serve(listener)
	return w
}

// serve answers until the test ends; then nothing may have gone wrong inside.
func (w *world) serve(listener net.Listener) {
	ctx, stop := w.t.Context(), make(chan error, 1)
	go func() { stop <- w.server.Serve(ctx, []server.Listener{{Listener: listener, Handler: w.gate}}) }()
	w.t.Cleanup(func() { // t.Context ended just before
		if err := <-stop; err != nil {
			w.t.Errorf("serve: %v", err)
		}
		if err := w.server.Close(); err != nil {
			w.t.Errorf("close: %v", err)
		}
		for _, line := range w.log.failures() {
			w.t.Errorf("the server logged: %s", line)
		}
	})
}

func (w *world) configuration(lines []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "data: data\nflows: flows\nenvironments:\n- id: test\n  name: Test\n  hosts: [%q]\n  defaultFlow: sign-on\n", w.issuer())
	for _, line := range lines {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	b.WriteString("  users:\n")
	for _, name := range []string{"ada", "grace"} {
		fmt.Fprintf(&b, "  - {username: %s, password: %q, givenName: %s}\n", name, passwordOf(name), name)
	}
	b.WriteString("  applications:\n")
	for _, c := range clients {
		fmt.Fprintf(&b, "  - clientId: %s\n    name: %s\n    type: SINGLE_PAGE_APP\n    opSessionCheckEnabled: true\n    flowPolicies: [sign-on, agree, late]\n", c.id, c.id)
		redirects, origin := []string{}, w.origin(c.host)
		for _, path := range []string{"/sdk", "/silent", "/foreign", "/foreign-silent", "/callback", "/callback2"} {
			redirects = append(redirects, fmt.Sprintf("%q", origin+path))
		}
		fmt.Fprintf(&b, "    redirectUris: [%s]\n    postLogoutRedirectUris: [%q, %q]\n", strings.Join(redirects, ", "), origin+"/bye", origin+"/foreign")
	}
	return b.String()
}

func (w *world) origin(host string) string { return "http://" + host + w.port }
func (w *world) issuer() string            { return w.origin(providerHost) }

// app is the origin of the nth application.
func (w *world) app(n int) string { return w.origin(clients[n-1].host) }

func passwordOf(user string) string { return "correct horse " + user }

// fill types a user's name and password into the form that a tab shows, or is about to show, and sends it.
func (w *world) fill(tab *chromium.Tab, user string) {
	w.t.Helper()
	tab.WaitURL(w.issuer() + "/signon/")
	tab.Type("input[name=username]", user)
	tab.Type("input[name=password]", passwordOf(user))
	tab.Click("button[value=signOn]")
}

// atProvider opens a page of the provider's host on which scripts of the test run: what they do with cookies is what the browser or a person could do.
func (w *world) atProvider() *chromium.Tab {
	w.t.Helper()
	return w.browser.Open(w.issuer() + "/healthz")
}

// cookie is the value of a cookie of the provider by its name without prefix. False: there is none.
func (w *world) cookie(name string) (value string, there bool) {
	w.t.Helper()
	for _, c := range w.browser.Cookies(providerHost) {
		if strings.TrimPrefix(c.Name, "__Host-") == name {
			return c.Value, true
		}
	}
	return "", false
}
