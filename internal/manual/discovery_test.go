package manual

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/fixture"
	"vigil/internal/password"
	"vigil/internal/server"
)

// published is a discovery document as rows: every member, and "member: value" for those whose values are compared one by one.
func published(t *testing.T) map[string]bool {
	t.Helper()
	folder := t.TempDir()
	authority := filepath.Join(folder, "authority.pem")
	if err := os.WriteFile(authority, certificate(t), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "data: data\ntrustedProxies: [127.0.0.1]\nclientCertificates: {authorities: authority.pem}\n" +
		"environments:\n- id: test\n  name: Test\n  hosts: [https://sso.example.com]\n  certificateHost: https://sso.example.com:8443\n  registration: {}\n  registrationFlow: sign-on\n" +
		"  applications:\n  - {clientId: web, redirectUris: [https://web.example.com/], type: SINGLE_PAGE_APP, flowPolicies: [sign-on]}\nflows: flows\n"
	for name, text := range map[string]string{"sign-on.yaml": fixture.SignOn("idleTimeout: 30m"), "locales/de.yaml": "sign-on.credentials.title: Anmelden\n"} {
		path := filepath.Join(folder, "flows", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, mistakes := config.Parse(filepath.Join(folder, "vigil.yaml"), []byte(text), os.LookupEnv)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	s, err := server.New(t.Context(), server.Options{Config: cfg, Now: time.Now, Passwords: password.Cheapest()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://sso.example.com/as/.well-known/openid-configuration", nil))
	var members map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &members); err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for name, value := range members {
		list, _ := value.([]any)
		if !compared(name) {
			rows[name] = true
			continue
		}
		for _, v := range list {
			rows[fmt.Sprintf("%s: %v", name, v)] = true
		}
	}
	return rows
}

// certificate is one that vouches for itself, in PEM.
func certificate(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// compared: the values of this member are rows of their own.
func compared(member string) bool {
	switch member {
	case "scopes_supported", "response_types_supported", "response_modes_supported", "grant_types_supported", "token_endpoint_auth_methods_supported",
		"code_challenge_methods_supported", "subject_types_supported", "prompt_values_supported":
		return true
	}
	return false
}

func TestTheDiscoveryDocumentStandsBesideThoseOfOthers(t *testing.T) {
	ours := published(t)
	var b strings.Builder
	b.WriteString(`# What the discovery document says, beside others

This page is generated from the document of an environment that lets applications register and prove themselves with certificates, and whose flows make accounts and speak German too; a test compares the two. PingOne's column is what its clients expect of it, Keycloak's that of
release 26, node-oidc-provider's that of release 9 with every feature on. A row that others have and Vigil has not says why.

| member, or one of its values | Vigil | PingOne | Keycloak | node-oidc-provider | |
|---|---|---|---|---|---|
`)
	mark := map[bool]string{true: "yes", false: "–"}
	seen := map[string]bool{}
	for _, row := range table(t, "discovery.tsv", 3) {
		name, who, why := row[0], row[1], row[2]
		seen[name] = true
		if !ours[name] && why == "" {
			t.Errorf("%s: it is not served, and there is no reason why", name)
		}
		if ours[name] && why != "" {
			t.Errorf("%s: it is served, and a reason says why not", name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", name, mark[ours[name]],
			mark[strings.Contains(who, "P")], mark[strings.Contains(who, "K")], mark[strings.Contains(who, "N")], why)
	}
	for name := range ours {
		if !seen[name] {
			t.Errorf("%s: it is served, and testdata/discovery.tsv does not know it", name)
		}
	}
	same(t, "discovery.md", b.String())
}
