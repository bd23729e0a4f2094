package endtoend

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigil/internal/chromium"
	"vigil/internal/config"
	"vigil/internal/password"
	"vigil/internal/server"
)

// house is a provider with the flows that ship.
type house struct {
	host         string
	flow         string   // that serves the first application
	environment  []string // lines of the environment's configuration
	applications []string // beside the first
	listener     net.Listener
	flows        map[string]string // files of a folder of its own. Nil: those that ship
}

// listen finds a port.
func listen(t *testing.T) (listener net.Listener, port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener, fmt.Sprintf(":%d", listener.Addr().(*net.TCPAddr).Port)
}

// open serves a house until the test ends.
func (h house) open(t *testing.T, browser *chromium.Browser) *world {
	t.Helper()
	w := &world{t: t, log: &accessLog{}, browser: browser}
	if h.listener == nil {
		h.listener, _ = listen(t)
	}
	w.port = fmt.Sprintf(":%d", h.listener.Addr().(*net.TCPAddr).Port)
	var b strings.Builder
	folder := t.TempDir()
	for name, text := range h.flows {
		if b.Len() == 0 {
			b.WriteString("flows: flows\n")
		}
		path := filepath.Join(folder, "flows", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprintf(&b, "data: data\nenvironments:\n- id: test\n  name: Test\n  hosts: [%q]\n  defaultFlow: %s\n", w.origin(h.host), h.flow)
	for _, line := range h.environment {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	fmt.Fprintf(&b, "  users:\n  - {username: ada, password: %q, givenName: Ada, familyName: Lovelace, email: ada@example.com}\n", passwordOf("ada"))
	fmt.Fprintf(&b, "  - {username: grace, password: %q, givenName: Grace, email: grace@example.com}\n", passwordOf("grace"))
	fmt.Fprintf(&b, "  applications:\n  - {clientId: one, type: SINGLE_PAGE_APP, grantTypes: [IMPLICIT], responseTypes: [ID_TOKEN], redirectUris: [%q]}\n", w.app(1)+"/back")
	for _, line := range h.applications {
		fmt.Fprintf(&b, "  - %s\n", line)
	}
	cfg, found := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(b.String()), os.LookupEnv)
	if cfg == nil {
		t.Fatalf("configuration: %v\n%s", found, b.String())
	}
	back := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<title>back</title>")) })
	var err error
	w.server, err = server.New(t.Context(), server.Options{
		Config: cfg, Log: w.log.logger(), Passwords: password.Cheapest(), RSA: rsaKeys.Next, Hosts: map[string]http.Handler{clients[0].host + w.port: back},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.gate = &gate{next: w.server}
	w.serve(h.listener)
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
	tab.Wait("location.pathname === '/back' && location.hash.length > 1")
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
	tab.Wait("document.title.includes('signed off')")
}
