package postgres

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/store/kvtest"
)

// selfSigned makes a certificate for 127.0.0.1.
func selfSigned(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "database"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func TestTheAddressSaysWhichServerIsTrusted(t *testing.T) {
	ours, key := selfSigned(t)
	others, _ := selfSigned(t)
	wanted := strings.Replace(newAddress(t, shared).pool.ConnString(), "disable", "require", 1)
	if _, err := Open(t.Context(), mustParse(t, wanted), kvtest.Buckets(), Options{}); err == nil || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("the server has no TLS, and the store says %v", err)
	}
	if err := shared.UseTLS(t.Context(), ours, key); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		root    []byte
		trusted bool
	}{
		{"its authority", ours, true},
		{"another", others, false},
	} {
		file := filepath.Join(t.TempDir(), "root.pem")
		if err := os.WriteFile(file, c.root, 0o600); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(newAddress(t, shared).pool.ConnString())
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		query.Set("sslmode", "verify-full")
		query.Set("sslrootcert", file)
		u.RawQuery = query.Encode()
		err = nil
		for tries := 0; tries == 0 || c.trusted && err != nil && tries < 50; tries++ { // the server takes up its settings a moment after it was told
			time.Sleep(20 * time.Millisecond)
			var s *Store
			if s, err = Open(t.Context(), mustParse(t, u.String()), kvtest.Buckets(), Options{}); err == nil {
				_ = s.Close()
			}
		}
		if (err == nil) != c.trusted {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
