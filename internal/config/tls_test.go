package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/fixture"
)

// place writes a configuration into a folder.
func place(t *testing.T, folder, text string) string {
	t.Helper()
	path := filepath.Join(folder, "vigil.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	certifiedHosts  = "environments:\n  - {id: one, hosts: [https://sso.example.com, https://login.example.org:8443], certificateHost: https://mtls.example.com}\n"
	twoCertificates = "tls:\n  certificates:\n    - {certificate: one.pem, key: one.key}\n    - {certificate: two.pem, key: two.key}\n"
)

// wholeTLS has every setting of TLS.
const wholeTLS = `listen: 0.0.0.0:8443
tls:
  certificates:
    - {certificate: one.pem, key: one.key}
  acme: {email: ops@example.com, acceptTerms: true, directory: https://acme.example.com/directory, authorities: one.pem}
  redirect: [0.0.0.0:8080, "[::]:8080"]
  hsts: 30d
  minVersion: "1.3"
`

func TestEverySettingOfTLSArrives(t *testing.T) {
	folder := t.TempDir()
	fixture.NewAuthority(t).Issue(folder, "one", time.Hour, "sso.example.com")
	c := load(t, place(t, folder, wholeTLS+certifiedHosts), nil)
	got := c.TLS
	if got.ACME == nil || got.ACME.Roots == nil || got.ACME.Email != "ops@example.com" || got.ACME.Directory != "https://acme.example.com/directory" || len(got.Certificates) != 1 ||
		strings.Join(got.Redirect, " ") != "0.0.0.0:8080 [::]:8080" || got.HSTS != 30*24*time.Hour || got.MinVersion != config.MinTLS13 {
		t.Errorf("%+v %+v", got, got.ACME)
	}
}

func TestTLSHasTheDefaultsThatBrowsersNeed(t *testing.T) {
	folder := t.TempDir()
	a := fixture.NewAuthority(t)
	a.Issue(folder, "one", 60*24*time.Hour, "sso.example.com", "mtls.example.com")
	a.Issue(folder, "two", 60*24*time.Hour, "*.example.org")
	c := load(t, place(t, folder, twoCertificates+certifiedHosts), nil)
	if !slices.Equal(c.Listen, []string{":443"}) || !slices.Equal(c.TLS.Redirect, []string{":80"}) || c.TLS.HSTS != 365*24*time.Hour || c.TLS.MinVersion != config.MinTLS12 {
		t.Errorf("%+v %+v", c.Listen, c.TLS)
	}
	if got := c.TLS.Certificates[1].Key; got != filepath.Join(folder, "two.key") {
		t.Error(got)
	}
	if got := strings.Join(c.CertifiedNames(), " "); got != "sso.example.com login.example.org mtls.example.com" {
		t.Error(got)
	}
	if found := append(c.CheckCertificates(time.Now()), c.CheckProxies()...); len(found) > 0 {
		t.Errorf("warned: %s", spell(found))
	}
	c = load(t, place(t, folder, "listen: 127.0.0.1:8443\n"+twoCertificates+"  hsts: 0\n  minVersion: \"1.3\"\n"+certifiedHosts), nil)
	if !slices.Equal(c.Listen, []string{"127.0.0.1:8443"}) || len(c.TLS.Redirect) != 0 || c.TLS.HSTS != 0 || c.TLS.MinVersion != config.MinTLS13 {
		t.Errorf("%+v %+v", c.Listen, c.TLS)
	}
	c = load(t, place(t, folder, twoCertificates+"  redirect: []\n"+certifiedHosts), nil)
	if len(c.TLS.Redirect) != 0 {
		t.Errorf("%+v", c.TLS)
	}
}

func TestCertificatesThatEndAndHostsWithoutOneAreWarnedOf(t *testing.T) {
	folder := t.TempDir()
	a := fixture.NewAuthority(t)
	a.Issue(folder, "one", 60*24*time.Hour, "sso.example.com")
	a.Issue(folder, "two", 10*24*time.Hour, "*.example.org")
	file := place(t, folder, twoCertificates+certifiedHosts)
	c := load(t, file, nil)
	said := spell(c.CheckCertificates(time.Now()))
	for _, want := range []string{"4:21-28 warning certificate: the certificate for *.example.org ends on ", "warning certificate: no certificate is for mtls.example.com"} {
		if !strings.Contains(said, want) || strings.Contains(said, "for sso.example.com") {
			t.Errorf("%s\nwanted %q", said, want)
		}
	}
	if said := spell(c.CheckCertificates(time.Now().Add(30 * 24 * time.Hour))); !strings.Contains(said, "the certificate for *.example.org ended on ") {
		t.Error(said)
	}
	c = load(t, place(t, folder, strings.Replace(twoCertificates, "  cert", "  acme: {email: ops@example.com, acceptTerms: true}\n  cert", 1)+
		strings.Replace(certifiedHosts, "https://mtls.example.com", "https://mtls", 1)), nil)
	if said := spell(c.CheckCertificates(time.Now())); !strings.Contains(said, "no public authority certifies mtls") {
		t.Error(said)
	}
}

func TestAKeyOfAnotherCertificateIsRefusedWithItsPlace(t *testing.T) {
	folder := t.TempDir()
	a := fixture.NewAuthority(t)
	a.Issue(folder, "one", time.Hour, "sso.example.com")
	a.Issue(folder, "two", time.Hour, "*.example.org")
	_, found := config.Load(place(t, folder, strings.Replace(twoCertificates, "two.key", "one.key", 1)+certifiedHosts), nil)
	if said := spell(found); !strings.Contains(said, "4:21-28 error value: this certificate cannot be used") || !strings.Contains(said, "private key does not match public key") {
		t.Error(said)
	}
}

func TestAnApplicationOnAnotherSiteIsWarnedOf(t *testing.T) {
	const file = `environments:
  - id: one
    hosts: [https://sso.example.com, https://sso.example.org]
    applications:
      - {clientId: near, type: SINGLE_PAGE_APP, opSessionCheckEnabled: true, redirectUris: ["https://app.example.org/", "https://shop.example.com/"]}
      - {clientId: far, type: SINGLE_PAGE_APP, opSessionCheckEnabled: true, redirectUris: ["https://app.example.net/", "https://app.example.net/other"]}
      - {clientId: careless, type: SINGLE_PAGE_APP, redirectUris: ["https://app.example.net/"]}
      - {clientId: native, type: NATIVE_APP, opSessionCheckEnabled: true, redirectUris: ["com.example.app:/cb"]}
`
	c := load(t, place(t, t.TempDir(), file), nil)
	said := spell(c.CheckSites())
	if strings.Count(said, "warning") != 1 || !strings.Contains(said, "6:92-118 warning site: https://app.example.net is on another site than every host of \"one\"") || !strings.Contains(said, "a host below example.net") {
		t.Error(said)
	}
}
