package chromium

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// standardPorts stands behind ports 80 and 443 of every host name of the browser, so that origins in tests can be literal.
type standardPorts struct {
	http, https net.Listener
	servers     []*http.Server
	handler     atomic.Pointer[http.Handler]
	certificate tls.Certificate
	keyHash     string // what Chromium trusts: base64 of SHA-256 of the public key
}

func listenStandardPorts() (*standardPorts, error) {
	certificate, keyHash, err := selfSigned()
	if err != nil {
		return nil, fmt.Errorf("make a certificate for tests: %w", err)
	}
	p := &standardPorts{certificate: certificate, keyHash: keyHash}
	if p.http, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen for port 80: %w", err)
	}
	if p.https, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listen for port 443: %w", err)
	}
	// Two servers: one that serves plain HTTP first does not speak HTTP/2 on TLS afterwards.
	quiet := log.New(io.Discard, "", 0) // a browser opens connections ahead and drops them
	plain := &http.Server{Handler: http.HandlerFunc(p.serve), ErrorLog: quiet}
	secure := &http.Server{
		Handler: plain.Handler, ErrorLog: quiet,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
	}
	p.servers = []*http.Server{plain, secure}
	go func() { _ = plain.Serve(p.http) }()
	go func() { _ = secure.ServeTLS(p.https, "", "") }()
	return p, nil
}

func (p *standardPorts) serve(w http.ResponseWriter, r *http.Request) {
	if handler := p.handler.Load(); handler != nil {
		(*handler).ServeHTTP(w, r)
		return
	}
	http.Error(w, "no test serves ports 80 and 443 at present", http.StatusBadGateway)
}

func (p *standardPorts) close() {
	for _, server := range p.servers {
		_ = server.Close()
	}
}

func (p *standardPorts) resolverRules() string {
	port := func(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
	return fmt.Sprintf("MAP *:80 127.0.0.1:%d, MAP *:443 127.0.0.1:%d, MAP * 127.0.0.1", port(p.http), port(p.https))
}

// selfSigned makes a certificate whose key Chromium is told to trust for every name.
func selfSigned() (certificate tls.Certificate, keyHash string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		DNSNames:     []string{"localhost", "*.localhost", "*.vigil.localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return certificate, "", err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return certificate, "", err
	}
	sum := sha256.Sum256(public)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, base64.StdEncoding.EncodeToString(sum[:]), nil
}
