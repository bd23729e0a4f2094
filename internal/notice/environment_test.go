package notice

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"vigil/internal/outbound"
)

// childTarget is what the child process of the tests below sends a token to.
const childTarget = "VIGIL_TEST_TARGET"

// sendElsewhere lets a process of its own send a token: the environment is read once in the life of a process. It tells whether the token arrived.
func sendElsewhere(t *testing.T, target string, environment ...string) bool {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestChildSends$", "-test.v")
	child.Env = append([]string{childTarget + "=" + target, "HOME=" + t.TempDir()}, environment...)
	out, err := child.CombinedOutput()
	t.Logf("%s", out)
	return err == nil
}

// TestChildSends fails unless its token arrives. By itself it has nothing to send.
func TestChildSends(t *testing.T) {
	target := os.Getenv(childTarget)
	if target == "" {
		return
	}
	if a := NewSender(outbound.Options{}).send(t.Context(), outbound.Loopback, target, "t"); !a.arrived {
		t.Error(a.problem)
	}
}

func TestCertificatesOfTheEnvironmentAreTrustedAndNoOthers(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	authorities := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(authorities, block, 0o600); err != nil {
		t.Fatal(err)
	}
	if sendElsewhere(t, server.URL) {
		t.Error("a certificate that nobody vouches for is trusted")
	}
	if !sendElsewhere(t, server.URL, "SSL_CERT_FILE="+authorities) {
		t.Error("SSL_CERT_FILE is not honoured")
	}
}

func TestTheStandardProxyVariablesAreHonoured(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		if q.URL.String() == "http://app.example.invalid/logout" {
			asked.Add(1)
		}
	}))
	t.Cleanup(proxy.Close)
	if !sendElsewhere(t, "http://app.example.invalid/logout", "HTTP_PROXY="+proxy.URL) || asked.Load() != 1 {
		t.Errorf("the proxy was asked %d times", asked.Load())
	}
	if sendElsewhere(t, "http://app.example.invalid/logout", "HTTP_PROXY="+proxy.URL, "NO_PROXY=example.invalid") || asked.Load() != 1 {
		t.Errorf("with NO_PROXY the proxy was asked %d times", asked.Load()-1)
	}
}
