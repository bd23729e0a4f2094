package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"vigil/internal/outbound"
)

func TestOnlyHTTPSAndLoopbackMayBeRegistered(t *testing.T) {
	for address, good := range map[string]bool{
		"https://keys.example.com/jwks": true, "http://127.0.0.1:9000/jwks": true, "http://localhost:9000/jwks": true, "http://[::1]/jwks": true,
		"http://keys.example.com/jwks": false, "ftp://keys.example.com/jwks": false, "https://ada@keys.example.com/": false, "https://keys.example.com/#a": false,
		"https://10.0.0.1/jwks": false, "https://192.168.1.1/": false, "https://169.254.169.254/latest": false, "https://[fd00::1]/": false,
		"https://[::ffff:10.0.0.1]/": false, "https://100.64.0.1/": false, "https://0.0.0.0/": false, "https://[64:ff9b::a00:1]/": false, "": false, "/jwks": false,
	} {
		if err := outbound.Check(address); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestANameThatLeadsIntoAPrivateNetworkIsNotCalled(t *testing.T) {
	// A machine's own name leads to an address of its network or to loopback; the name itself does not say so.
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outbound.New().Get(t.Context(), "https://"+name+":1/jwks", "application/json", 100); !errors.Is(err, outbound.ErrAddress) {
		t.Errorf("error %v", err)
	}
	if _, err := outbound.New().Get(t.Context(), "https://10.1.2.3/jwks", "application/json", 100); !errors.Is(err, outbound.ErrAddress) {
		t.Errorf("error %v", err)
	}
}

func TestADocumentIsFetchedWithinItsLimitAndWithoutRedirects(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(strings.Repeat("x", 100)))
	}))
	defer server.Close()
	client := outbound.New()
	if body, err := client.Get(t.Context(), server.URL, "text/plain", 100); err != nil || len(body) != 100 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	if _, err := client.Get(t.Context(), server.URL, "text/plain", 99); err == nil {
		t.Error("a document beyond its limit was taken")
	}
	if _, err := client.Get(t.Context(), server.URL+"/elsewhere", "text/plain", 100); err == nil {
		t.Error("a redirect was followed")
	}
}
