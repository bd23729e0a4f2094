package endtoend

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vigil/internal/admin"
	"vigil/internal/chromium"
	"vigil/internal/config"
	"vigil/internal/fixture"
	"vigil/internal/password"
	"vigil/internal/server"
)

// watcher is an application's page: it sends people to sign on, and asks the provider's frame again and again what it thinks of the session.
const watcher = `<!doctype html><title>Watcher</title><script>
const issuer = %q, answers = [];
const state = new URLSearchParams(location.search).get('session_state');
addEventListener('message', (e) => { if (e.origin === issuer) answers.push(e.data); });
if (state) {
  const frame = document.createElement('iframe');
  frame.src = issuer + '/as/checksession';
  frame.onload = () => frame.contentWindow.postMessage('spa ' + state, issuer);
  document.documentElement.append(frame);
}
</script>`

// secured is a provider that ends TLS itself, on a port of its own.
type secured struct {
	server *server.Server
	issuer string
}

func newSecured(t *testing.T, browser *chromium.Browser) *secured {
	t.Helper()
	folder := t.TempDir()
	certificate := browser.Certificate()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"own.pem": {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}, "own.key": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	port := fixture.Port()
	s := &secured{issuer: fmt.Sprintf("https://%s:%d", providerHost, port)}
	text := fmt.Sprintf(`listen: 127.0.0.1:%d
data: data
tls: {certificates: [{certificate: own.pem, key: own.key}]}
environments:
  - id: test
    hosts: [%q]
    applications: [{clientId: spa, type: SINGLE_PAGE_APP, opSessionCheckEnabled: true, redirectUris: ["https://app1.vigil.localhost/"]}]
    users: [{username: ada, password: %q}]
`, port, s.issuer, passwordOf("ada"))
	cfg, mistakes := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(text), nil)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	if s.server, err = server.New(t.Context(), server.Options{Config: cfg, Passwords: password.Cheapest(), RSA: rsaKeys.Next}); err != nil {
		t.Fatal(err)
	}
	listeners, err := s.server.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(ctx, listeners) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_ = s.server.Close()
	})
	return s
}

func TestABrowserHearsOfAnEndByHTTP2FromAServerWithoutAProxy(t *testing.T) {
	browser := chromium.Start(t)
	s := newSecured(t, browser)
	browser.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, fmt.Sprintf(watcher, s.issuer))
	}))
	tab := browser.Open(s.issuer + "/as/authorize?client_id=spa&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fapp1.vigil.localhost%2F" +
		"&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
	tab.WaitURL(s.issuer + "/signon/")
	if got := chromium.Eval[string](tab, "performance.getEntriesByType('navigation')[0].nextHopProtocol"); got != "h2" {
		t.Errorf("the page came by %s", got)
	}
	tab.Type("input[name=username]", "ada")
	tab.Type("input[name=password]", passwordOf("ada"))
	tab.Click("button[value=signOn]")
	tab.WaitURL("https://app1.vigil.localhost/")
	tab.Wait("answers.at(-1) === 'unchanged'")
	time.Sleep(1500 * time.Millisecond) // the stream opens
	operator := admin.Local{Environments: []string{"test"}, Directory: s.server.Directory, Live: s.server.Sessions, Now: time.Now}
	if ended, err := operator.EndSessions(t.Context(), admin.Person{Environment: "test", Username: "ada"}); err != nil || ended.Sessions != 1 {
		t.Fatalf("%+v %v", ended, err)
	}
	tab.Wait("answers.at(-1) === 'changed'")
}
