package certificate_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/certificate"
)

func pair(t *testing.T, names ...string) (chain, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a server"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func TestAPairSaysWhatIsWrongWithItAndNothingOfItsKey(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	chain, key := pair(t, "sso.example.com", "*.example.org")
	_, other := pair(t, "sso.example.com")
	certificateFile, keyFile, otherKey, nonsense := write("c.pem", chain), write("k.pem", key), write("o.pem", other), write("n.pem", []byte("hunter2"))
	good, err := certificate.Pair{Certificate: certificateFile, Key: keyFile}.Load()
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"sso.example.com": true, "a.example.org": true, "a.b.example.org": false, "example.com": false} {
		if certificate.Covers(good, host) != want {
			t.Errorf("%s: %v", host, !want)
		}
	}
	if got := strings.Join(certificate.Names(good), " "); got != "sso.example.com *.example.org" || certificate.Alone(good) {
		t.Errorf("names %s, alone %v", got, certificate.Alone(good))
	}
	for _, c := range []struct {
		pair certificate.Pair
		says string
	}{
		{certificate.Pair{Certificate: certificateFile, Key: otherKey}, "private key does not match public key"},
		{certificate.Pair{Certificate: certificateFile, Key: nonsense}, "failed to find any PEM data in key input"},
		{certificate.Pair{Certificate: nonsense, Key: keyFile}, "failed to find any PEM data in certificate input"},
		{certificate.Pair{Certificate: filepath.Join(folder, "absent"), Key: keyFile}, "no such file"},
		{certificate.Pair{Certificate: certificateFile, Key: filepath.Join(folder, "absent")}, "no such file"},
	} {
		_, err := c.pair.Load()
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v, want %q", c.pair, err, c.says)
		}
	}
}
