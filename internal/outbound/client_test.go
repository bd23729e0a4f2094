package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vigil/internal/fixture"
	"vigil/internal/outbound"
)

func TestOnlyHTTPSAndLoopbackMayBeRegistered(t *testing.T) {
	for address, good := range map[string]bool{
		"https://keys.example.com/jwks": true, "http://127.0.0.1:9000/jwks": true, "http://localhost:9000/jwks": true, "http://[::1]/jwks": true,
		"http://keys.localhost/jwks": true, "http://localhost.example.com/jwks": false,
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
	client := outbound.NewWith(outbound.Options{Resolver: fixture.Names(t, "10.1.2.3")})
	for _, address := range []string{"https://keys.example.com/jwks", "https://10.1.2.3/jwks"} {
		if _, err := client.Get(t.Context(), address, "application/json", 100); !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s: error %v", address, err)
		}
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

func TestACallGoesNoFurtherThanItsReach(t *testing.T) {
	visits := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits++ }))
	defer server.Close()
	client := outbound.NewWith(outbound.Options{Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }})
	call := func(reach outbound.Reach, host string) error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(server.URL, "127.0.0.1", host, 1), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request, reach)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
	for _, host := range []string{"127.0.0.1", "deep.in.localhost"} {
		if err := call(outbound.Loopback, host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		// The connection that lies idle now is not lent to one who may not reach so far.
		if err := call(outbound.Public, host); !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s: error %v", host, err)
		}
	}
	if visits != 2 {
		t.Errorf("%d came through", visits)
	}
}
