package spectest

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/fixture"
	"vigil/internal/keys"
	"vigil/internal/password"
	"vigil/internal/server"
)

// rsaKeys are lent to all servers of these tests.
var rsaKeys keys.Lent

// clock is turned by hand.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

// world is one script's provider and the browsers that use it.
type world struct {
	t          testing.TB
	folder     string
	clock      *clock
	server     *server.Server
	apps       []app
	top        []string // lines of the file
	settings   []string // lines of the environment
	flow       string   // the `with:` of the flow's success, beside the user
	signOnFlow string   // the text of the flow. Empty: made of flow when the server starts
	maxPending int      // sign-ons in progress. Zero: the server's default
	browsers   map[string]*browser
	current    *browser
	interaction
	resume   string // where the last flow returned to
	signer   *signer
	receiver *receiver  // nil: nobody listens
	telly    telly      // what the device shows
	question url.Values // what the last question's page would send
	usual    url.Values // parameters of every authorization request, and applications may use them. Nil: none
}

// app is one line `app NAME key=value …`.
type app struct {
	name   string
	fields []string
}

const issuerHost = "sso.example.com"

func newWorld(t testing.TB) *world {
	w := &world{
		t: t, folder: t.TempDir(), clock: newClock(),
		flow: "idleTimeout: 30m", browsers: map[string]*browser{},
	}
	w.use("first")
	t.Cleanup(w.stop)
	return w
}

// use makes another browser the one that acts.
func (w *world) use(name string) {
	if w.browsers[name] == nil {
		w.browsers[name] = newBrowser()
	}
	w.current = w.browsers[name]
}

// start builds the server on the file in the folder, as it is.
func (w *world) start() {
	w.t.Helper()
	if w.server != nil {
		return
	}
	if w.signOnFlow == "" {
		w.signOnFlow = fixture.SignOn(w.flow)
	}
	w.write("flows/sign-on.yaml", w.signOnFlow)
	w.furnish()
	cfg, diagnostics := config.Parse(filepath.Join(w.folder, "vigil.yaml"), []byte(w.configuration()), os.LookupEnv)
	if cfg == nil {
		w.t.Fatalf("configuration: %v\n%s", diagnostics, w.configuration())
	}
	s, err := server.New(w.t.Context(), server.Options{Config: cfg, Now: w.clock.now, Passwords: password.Cheapest(), RSA: rsaKeys.Next, MaxPending: w.maxPending})
	if err != nil {
		w.t.Fatal(err)
	}
	w.server = s
}

// furnish puts a store with keys in place, if there is none: making RSA keys anew for every promise would take most of the time.
func (w *world) furnish() {
	path := filepath.Join(w.folder, "data", config.Database)
	if _, err := os.Stat(path); err == nil {
		return
	}
	w.write(filepath.Join("data", config.Database), string(withKeys()))
}

// withKeys is the file of a store that was opened once and holds keys and nothing else.
var withKeys = sync.OnceValue(func() []byte {
	folder, err := os.MkdirTemp("", "vigil-spectest")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	cfg, mistakes := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte("data: .\nenvironments:\n- id: test\n  name: Test\n  hosts: [https://"+issuerHost+"]\n"), nil)
	if cfg == nil {
		panic(fmt.Sprint(mistakes))
	}
	s, err := server.New(context.Background(), server.Options{Config: cfg, Now: newClock().now, Passwords: password.Cheapest(), RSA: rsaKeys.Next})
	if err != nil {
		panic(err)
	}
	if err := s.Close(); err != nil {
		panic(err)
	}
	file, err := os.ReadFile(filepath.Join(folder, config.Database))
	if err != nil {
		panic(err)
	}
	return file
})

func (w *world) stop() {
	if w.server != nil {
		if err := w.server.Close(); err != nil {
			w.t.Error(err)
		}
		w.server = nil
	}
}

func (w *world) write(name, text string) {
	path := filepath.Join(w.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) configuration() string {
	var b strings.Builder
	for _, line := range w.top {
		fmt.Fprintln(&b, line)
	}
	fmt.Fprintf(&b, "data: data\nflows: flows\nsharedHosts: [https://shared.example.com]\nenvironments:\n- id: test\n  name: Test\n  hosts: [https://%s]\n  defaultFlow: sign-on\n", issuerHost)
	for _, line := range w.settings {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	b.WriteString("  users:\n")
	for _, name := range []string{"ada", "grace"} {
		fmt.Fprintf(&b, "  - {username: %s, password: correct horse %s, email: %s@example.com, givenName: %s}\n", name, name, name, name)
	}
	if len(w.apps) > 0 {
		b.WriteString("  applications:\n")
	}
	for _, a := range w.apps {
		a.describe(&b, w)
	}
	return b.String()
}

// describe writes an application: a single-page one with PKCE unless its line says otherwise.
func (a app) describe(b io.Writer, w *world) {
	fields := map[string]string{
		"type": "SINGLE_PAGE_APP", "tokenEndpointAuthMethod": "NONE", "grantTypes": "[AUTHORIZATION_CODE, REFRESH_TOKEN]",
		"responseTypes": "[CODE]", "redirectUris": "[https://" + a.name + ".example.com/callback]",
		"postLogoutRedirectUris": "[https://" + a.name + ".example.com/bye]", "scopes": "[openid, profile, offline_access]",
	}
	if w.usual != nil {
		fields["responseTypes"], fields["grantTypes"] = "[CODE, ID_TOKEN, TOKEN]", "[AUTHORIZATION_CODE, IMPLICIT, REFRESH_TOKEN]"
	}
	order := []string{"type", "tokenEndpointAuthMethod", "grantTypes", "responseTypes", "redirectUris", "postLogoutRedirectUris", "scopes"}
	for _, field := range a.fields {
		name, value, _ := strings.Cut(field, "=")
		if value == "HERE" {
			value = w.here(a.name)
		}
		if _, known := fields[name]; !known {
			order = append(order, name)
		}
		fields[name] = value
	}
	fmt.Fprintf(b, "  - clientId: %s\n    name: %s\n", a.name, a.name)
	for _, name := range order {
		fmt.Fprintf(b, "    %s: %s\n", name, fields[name])
	}
}
