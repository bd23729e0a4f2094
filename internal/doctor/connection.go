package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	checkCertificate = "certificate"
	checkVersions    = "tls-versions"
)

// connection examines TCP, the certificate and the versions of TLS.
func (d *doctor) connection(ctx context.Context, p *patient) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if !d.reach(ctx, p) {
		return
	}
	if !d.secure() {
		p.add(Finding{Check: checkCertificate, Severity: Note, Summary: "plain HTTP: fine on this machine, for development"})
		return
	}
	state, err := d.handshake(ctx, tls.VersionTLS12, tls.VersionTLS13)
	if err != nil {
		f := Finding{Check: checkCertificate, Severity: Error, Summary: "no TLS handshake: " + err.Error(), Why: "browsers show an error in place of any page"}
		if strings.Contains(err.Error(), "unrecognized name") || strings.Contains(err.Error(), "internal error") {
			f.Mend = []Mend{config("tls: {certificates: …} with a certificate for " + d.url.Hostname() + "; its log says which names there are")}
		}
		if strings.Contains(err.Error(), "first record does not look like a TLS handshake") {
			f.Mend = []Mend{nginx("listen 443 ssl;"), apache("SSLEngine on"), config("tls: …, where Vigil itself listens there")}
		}
		p.add(f)
		return
	}
	d.certificate(p, state)
	d.versions(ctx, p, state)
}

// handshake shakes hands whatever the certificate is.
func (d *doctor) handshake(ctx context.Context, lowest, highest uint16) (*tls.ConnectionState, error) {
	c, err := d.dial(ctx, "tcp", d.address())
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	secure := tls.Client(c, &tls.Config{
		ServerName: d.url.Hostname(), MinVersion: lowest, MaxVersion: highest, NextProtos: []string{"h2", "http/1.1"},
		InsecureSkipVerify: true, //nolint:gosec // what is accepted is what is examined
	})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	state := secure.ConnectionState()
	return &state, nil
}

// certificate says until when the certificate is good, or which of the things that can be wrong with it is.
func (d *doctor) certificate(p *patient, state *tls.ConnectionState) {
	leaf, host, now := state.PeerCertificates[0], d.url.Hostname(), d.Now()
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	// The certificate's own time is a finding of its own, so that an expired one is not said to be of nobody.
	_, err := leaf.Verify(x509.VerifyOptions{Roots: d.Roots, Intermediates: between, CurrentTime: leaf.NotAfter.Add(-time.Second)})
	var unknown x509.UnknownAuthorityError
	bad := func(severity Severity, summary, why string, mend ...Mend) {
		p.add(Finding{Check: checkCertificate, Severity: severity, Summary: summary, Why: why, Mend: mend})
	}
	good := true
	if leaf.VerifyHostname(host) != nil {
		good = false
		bad(Error, fmt.Sprintf("the certificate is for %s, not for %s", or(strings.Join(leaf.DNSNames, ", "), "no name"), host), "browsers refuse it",
			nginx("ssl_certificate with one for "+host+", in a server block with server_name "+host+";"), apache("ServerName "+host+" with its own SSLCertificateFile"), caddy(host+" { … }: Caddy gets the certificate itself"),
			config("tls: {acme: …} or tls: {certificates: …} with one for "+host))
	}
	switch {
	case err == nil:
	case errors.As(err, &unknown) && len(state.PeerCertificates) == 1 && len(leaf.IssuingCertificateURL) > 0:
		good = false
		bad(Error, "the certificate comes without those between it and its authority", "some browsers find them by themselves; applications that call from their servers do not",
			nginx("ssl_certificate with fullchain.pem, not cert.pem"), apache("SSLCertificateFile with fullchain.pem, not cert.pem"), config("certificate: with fullchain.pem"))
	case errors.As(err, &unknown):
		good = false
		bad(Error, fmt.Sprintf("nobody here trusts the authority of the certificate, %q", leaf.Issuer.CommonName), "browsers refuse it, unless its authority was installed in them",
			Mend{"any", "a certificate of a public authority, or --authorities with the file of your own"})
	default:
		good = false
		bad(Error, "the certificate does not hold: "+strings.TrimPrefix(err.Error(), "x509: "), "browsers refuse it")
	}
	switch left := leaf.NotAfter.Sub(now); {
	case left <= 0:
		bad(Error, "the certificate ended on "+leaf.NotAfter.UTC().Format(time.DateTime), "browsers refuse it", Mend{"any", "renew it, and let the proxy read it (nginx -s reload)"})
	case now.Before(leaf.NotBefore):
		bad(Error, "the certificate begins on "+leaf.NotBefore.UTC().Format(time.DateTime)+" only", "browsers refuse it until then", Mend{"any", "look at the clock of this machine, or wait"})
	case left < 14*24*time.Hour && left < leaf.NotAfter.Sub(leaf.NotBefore)/4:
		bad(Warning, fmt.Sprintf("the certificate ends on %s, in %d days", leaf.NotAfter.UTC().Format(time.DateOnly), int(left/(24*time.Hour))), "what renews it should have done so by now",
			Mend{"any", "certbot renew --dry-run, or the log of what renews it"})
	case good:
		p.ok(checkCertificate, fmt.Sprintf("for %s, by %s, until %s", host, or(leaf.Issuer.CommonName, leaf.Issuer.String()), leaf.NotAfter.UTC().Format(time.DateOnly)))
	}
}

// versions warns of old versions, and of what browsers gain by new ones.
func (d *doctor) versions(ctx context.Context, p *patient, state *tls.ConnectionState) {
	if _, err := d.handshake(ctx, tls.VersionTLS10, tls.VersionTLS11); err == nil {
		p.add(Finding{
			Check: checkVersions, Severity: Warning, Summary: "TLS 1.0 or 1.1 is accepted", Why: "RFC 8996: both are broken, and no browser needs them",
			Mend: []Mend{nginx("ssl_protocols TLSv1.2 TLSv1.3;"), apache("SSLProtocol -all +TLSv1.2 +TLSv1.3"), caddy("tls { protocols tls1.2 tls1.3 }")},
		})
	} else {
		p.ok(checkVersions, map[uint16]string{tls.VersionTLS13: "TLS 1.3", tls.VersionTLS12: "TLS 1.2"}[state.Version]+", and nothing older than 1.2")
	}
	if state.NegotiatedProtocol != "h2" {
		p.add(Finding{
			Check: "http2", Severity: Note, Summary: "no HTTP/2",
			Why:  "each browser keeps a stream of events open: by HTTP/1.1 that is one of the six connections that it allows a host",
			Mend: []Mend{nginx("listen 443 ssl http2;"), apache("Protocols h2 http/1.1")},
		})
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
