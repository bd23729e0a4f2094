package clientcert_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil/internal/clientcert"
	"vigil/internal/tenant"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// issued is a certificate and the key that it is of.
type issued struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

// issue makes a certificate. Nil by: it signs itself.
func issue(t testing.TB, template *x509.Certificate, by *issued) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if template.SerialNumber == nil {
		template.SerialNumber = big.NewInt(1)
	}
	template.NotBefore, template.NotAfter = now.Add(-time.Hour), now.Add(time.Hour)
	parent, signs := template, key
	if by != nil {
		parent, signs = by.Certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signs)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{c, key}
}

func authority(name string) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
}

func client(name string) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
}

func encoded(c *issued) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func sequence(c *issued) string { return ":" + base64.StdEncoding.EncodeToString(c.Raw) + ":" }

// shown is what becomes of a request behind the proxy's header.
func shown(t testing.TB, from string, headers http.Header) (s *clientcert.Shown, left http.Header, err error) {
	t.Helper()
	h := clientcert.Header{Name: "Client-Cert", Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	r := httptest.NewRequest(http.MethodPost, "https://sso.example.com/as/token", nil)
	r.RemoteAddr = from
	for name, values := range headers {
		r.Header[name] = values
	}
	h.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s, err = clientcert.Of(r.Context())
		left = r.Header
	})).ServeHTTP(httptest.NewRecorder(), r)
	return s, left, err
}

const proxy = "10.1.2.3:40000"

func TestACertificateIsReadInEveryFormThatProxiesWrite(t *testing.T) {
	c := issue(t, client("notes"), nil)
	text := strings.TrimSpace(encoded(c))
	for form, value := range map[string]string{
		"RFC 9440": sequence(c), "nginx": url.PathEscape(encoded(c)), "nginx, query escaped": strings.ReplaceAll(url.QueryEscape(encoded(c)), "+", "%20"),
		"Apache": strings.ReplaceAll(text, "\n", " "),
	} {
		s, left, err := shown(t, proxy, http.Header{"Client-Cert": {value}})
		if err != nil || s == nil || !s.Certificate.Equal(c.Certificate) {
			t.Errorf("%s: %v %v", form, s, err)
		}
		if left.Get("Client-Cert") != "" {
			t.Errorf("%s: the header goes on", form)
		}
	}
	for _, nothing := range []string{"", "(null)"} {
		if s, _, err := shown(t, proxy, http.Header{"Client-Cert": {nothing}}); s != nil || err != nil {
			t.Errorf("%q: %v %v", nothing, s, err)
		}
	}
}

func TestNobodyButATrustedProxyShowsACertificate(t *testing.T) {
	c := issue(t, client("notes"), nil)
	for _, from := range []string{"192.0.2.1:1234", "[2001:db8::1]:1", "11.0.0.1:1", "@", ""} {
		s, left, err := shown(t, from, http.Header{"Client-Cert": {sequence(c)}, "X-Forwarded-For": {"10.0.0.1"}})
		if s != nil || err != nil || left.Get("Client-Cert") != "" {
			t.Errorf("%s: %v %v %v", from, s, err, left)
		}
	}
	if s, _, err := shown(t, "[::ffff:10.1.2.3]:1", http.Header{"Client-Cert": {sequence(c)}}); err != nil || s == nil {
		t.Errorf("a proxy by its mapped address: %v", err)
	}
}

func TestWhatIsNoCertificateIsRefused(t *testing.T) {
	c := issue(t, client("notes"), nil)
	text := strings.TrimSpace(encoded(c))
	for what, values := range map[string][]string{
		"two headers": {sequence(c), sequence(c)}, "open": {strings.TrimSuffix(sequence(c), ":")}, "cut": {sequence(c)[:80] + ":"}, "nonsense": {"x"}, "escape": {"%zz"},
		"two in one": {strings.ReplaceAll(text+" "+text, "\n", " ")}, "a list": {sequence(c) + ", " + sequence(c)},
		"long": {":" + strings.Repeat("A", 64<<10) + ":"},
	} {
		if s, _, err := shown(t, proxy, http.Header{"Client-Cert": values}); err == nil {
			t.Errorf("%s: %v", what, s)
		}
	}
	if _, _, err := shown(t, proxy, http.Header{"Client-Cert": {sequence(c)}, "Client-Cert-Chain": {strings.Repeat(sequence(c)+",", 9)}}); err == nil {
		t.Error("a chain without end was read")
	}
}

func TestOnlyWhatAnAuthoritySignedForClientsCounts(t *testing.T) {
	root := issue(t, authority("root"), nil)
	between := issue(t, authority("between"), root)
	stranger := issue(t, authority("root"), nil)
	usage := &x509.Certificate{Subject: pkix.Name{CommonName: "server"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	all, err := clientcert.ParseAuthorities([]byte(encoded(root)))
	if err != nil {
		t.Fatal(err)
	}
	both, err := clientcert.ParseAuthorities([]byte(encoded(root) + encoded(between)))
	if err != nil {
		t.Fatal(err)
	}
	direct, indirect := issue(t, client("notes"), root), issue(t, client("notes"), between)
	chain := []*x509.Certificate{between.Certificate}
	for what, c := range map[string]struct {
		by    *clientcert.Authorities
		shown *clientcert.Shown
		at    time.Time
		good  bool
	}{
		"direct":                  {all, &clientcert.Shown{Certificate: direct.Certificate}, now, true},
		"with its chain":          {all, &clientcert.Shown{Certificate: indirect.Certificate, Chain: chain}, now, true},
		"with the operator's":     {both, &clientcert.Shown{Certificate: indirect.Certificate}, now, true},
		"without its chain":       {all, &clientcert.Shown{Certificate: indirect.Certificate}, now, false},
		"of a stranger's":         {all, &clientcert.Shown{Certificate: issue(t, client("notes"), stranger).Certificate}, now, false},
		"a stranger in the chain": {all, &clientcert.Shown{Certificate: issue(t, client("notes"), stranger).Certificate, Chain: []*x509.Certificate{stranger.Certificate}}, now, false},
		"by itself":               {all, &clientcert.Shown{Certificate: issue(t, client("notes"), nil).Certificate}, now, false},
		"for servers":             {all, &clientcert.Shown{Certificate: issue(t, usage, root).Certificate}, now, false},
		"expired":                 {all, &clientcert.Shown{Certificate: direct.Certificate}, now.Add(2 * time.Hour), false},
		"too early":               {all, &clientcert.Shown{Certificate: direct.Certificate}, now.Add(-2 * time.Hour), false},
	} {
		if err := c.by.Check(c.shown, c.at); (err == nil) != c.good {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, file := range map[string]string{"nothing": "", "a client": encoded(direct), "between alone": encoded(between), "a key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := clientcert.ParseAuthorities([]byte(file)); err == nil {
			t.Errorf("%s are authorities", what)
		}
	}
}

func TestACertificateBearsTheNameThatIsRegisteredAndNoOther(t *testing.T) {
	template := client("Notes, Inc.")
	template.Subject.Organization, template.Subject.Country, template.Subject.OrganizationalUnit = []string{"Example  GmbH"}, []string{"DE"}, []string{"Größe"}
	template.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}, Value: "notes-1"}}
	template.DNSNames, template.EmailAddresses = []string{"notes.example.com"}, []string{"notes@example.com"}
	template.IPAddresses = []net.IP{net.ParseIP("192.0.2.7"), net.ParseIP("2001:db8::7")}
	spiffe, _ := url.Parse("spiffe://example.com/notes")
	template.URIs = []*url.URL{spiffe}
	c := issue(t, template, nil)
	dn := func(name string) *tenant.Application { return &tenant.Application{TLSClientAuthSubjectDN: name} }
	for what, app := range map[string]*tenant.Application{
		"dn": dn(`UID=notes-1,CN=Notes\, Inc.,OU=Größe,O=Example  GmbH,C=DE`), "spaces": dn(`uid = notes-1 , cn=Notes\2C Inc. , OU=Gr\C3\B6\C3\9Fe, O=Example \ GmbH,C=DE`),
		"numbers": dn(`0.9.2342.19200300.100.1.1=#0C076E6F7465732D31,2.5.4.3=Notes\, Inc.,OU=Größe,O=Example  GmbH,C=DE`),
		"dns":     {TLSClientAuthSANDNS: "Notes.example.com"}, "uri": {TLSClientAuthSANURI: "spiffe://example.com/notes"},
		"email": {TLSClientAuthSANEmail: "notes@example.com"}, "ip": {TLSClientAuthSANIP: "192.0.2.7"}, "ip6": {TLSClientAuthSANIP: "2001:db8:0::7"},
	} {
		if !clientcert.Names(app, c.Certificate) {
			t.Errorf("%s: not found", what)
		}
	}
	for what, app := range map[string]*tenant.Application{
		"nothing registered": {}, "part": dn(`CN=Notes\, Inc.`), "order": dn(`C=DE,O=Example  GmbH,OU=Größe,CN=Notes\, Inc.,UID=notes-1`), "case": dn(`UID=NOTES-1,CN=Notes\, Inc.,OU=Größe,O=Example  GmbH,C=DE`),
		"set": dn(`UID=notes-1+CN=Notes\, Inc.,OU=Größe,O=Example  GmbH,C=DE`), "injected": dn(`UID=notes-1,CN=Notes, Inc.=x,OU=Größe,O=Example  GmbH,C=DE`),
		"dns parent": {TLSClientAuthSANDNS: "example.com"}, "dns star": {TLSClientAuthSANDNS: "*.example.com"}, "uri": {TLSClientAuthSANURI: "spiffe://example.com/notes/"},
		"email": {TLSClientAuthSANEmail: "Notes@example.com"}, "ip": {TLSClientAuthSANIP: "192.0.2.70"}, "common name as dns": {TLSClientAuthSANDNS: "Notes, Inc."},
	} {
		if clientcert.Names(app, c.Certificate) {
			t.Errorf("%s: found", what)
		}
	}
}

// FuzzParseName: no text crashes the reader, and what it reads has parts.
func FuzzParseName(f *testing.F) {
	for _, seed := range []string{"CN=a,O=b", `CN=a\,b+OU=c`, `1.2.3=#0C0161`, `CN=\C3\A4`, `CN=" "`, `CN=a\`, `=`, `CN=,`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if name, err := clientcert.ParseName(text); err == nil && len(name) == 0 {
			t.Errorf("%q has no parts", text)
		}
	})
}
