package interop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/fixture"
)

// certified is a certificate with its key.
type certified struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// certify makes a certificate. By nil it signs itself.
func certify(t *testing.T, by *certified, template x509.Certificate) *certified {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if by == nil {
		by = &certified{&template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &certified{cert, key}
}

// pem gives the certificate and its key, as Apache and Node.js read them.
func (c *certified) pem(t *testing.T) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// certificateApplications prove themselves by certificates; %[1]q is where people are sent, %[2]s the key set of the second.
const certificateApplications = `
  - {clientId: named, type: WEB_APP, tokenEndpointAuthMethod: TLS_CLIENT_AUTH, tlsClientAuthSanDns: named.example.com, tlsClientCertificateBoundAccessTokens: true,
     redirectUris: [%[1]q], grantTypes: [AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS], scopes: [openid, profile, email, offline_access, read]}
  - {clientId: known, type: WORKER, tokenEndpointAuthMethod: SELF_SIGNED_TLS_CLIENT_AUTH, grantTypes: [CLIENT_CREDENTIALS], scopes: [read], jwks: '%[2]s'}`

// OAuth clients prove themselves to an Apache that ends TLS, and that Apache passes their certificates on.
func TestApplicationsWithOpenIDClientProveThemselvesByCertificatesToApache(t *testing.T) {
	t.Parallel()
	forClients := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	authority := certify(t, nil, x509.Certificate{Subject: pkix.Name{CommonName: "Authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	server := certify(t, authority, x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	clients := map[string]*certified{
		"named":    certify(t, authority, x509.Certificate{DNSNames: []string{"named.example.com"}, ExtKeyUsage: forClients}),
		"another":  certify(t, authority, x509.Certificate{DNSNames: []string{"another.example.com"}, ExtKeyUsage: forClients}),
		"known":    certify(t, nil, x509.Certificate{Subject: pkix.Name{CommonName: "Known"}, ExtKeyUsage: forClients}),
		"stranger": certify(t, nil, x509.Certificate{DNSNames: []string{"named.example.com"}, ExtKeyUsage: forClients}),
	}
	certificates := map[string]map[string]string{}
	for name, client := range clients {
		cert, key := client.pem(t)
		certificates[name] = map[string]string{"cert": cert, "key": key}
	}
	trusted, _ := authority.pem(t)
	authorities := filepath.Join(t.TempDir(), "authorities.pem")
	if err := os.WriteFile(authorities, []byte(trusted), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: &clients["known"].key.PublicKey, KeyID: "known", Certificates: []*x509.Certificate{clients["known"].cert},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprintf(":%d", fixture.Port())
	w := newServer(t, provider{
		host: "127.0.0.1", origin: "https://127.0.0.1" + port, applications: fmt.Sprintf(certificateApplications, redirectURI, set),
		file: fmt.Sprintf("trustedProxies: [127.0.0.1]\nclientCertificates: {authorities: %q}\n", authorities),
	})
	cert, key := server.pem(t)
	runApache(t, port, fmt.Sprintf(proxy, w.address), map[string]string{"server.pem": cert + key})
	settings, err := json.Marshal(map[string]any{
		"issuer": w.origin + "/as", "redirect": redirectURI, "certificates": certificates,
		"answers": map[string]string{"username": "ada", "password": "correct horse ada"},
	})
	if err != nil {
		t.Fatal(err)
	}
	program(t, "node/certificates.js", string(settings), "NODE_EXTRA_CA_CERTS="+authorities)
}
