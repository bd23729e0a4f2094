package clientcert

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// Authorities are those whose word on the name of a client counts. Make it with ParseAuthorities.
type Authorities struct{ roots, between *x509.CertPool }

// ParseAuthorities reads a PEM file of certificates: self-issued ones are trusted, others may stand between them and a client's.
func ParseAuthorities(file []byte) (*Authorities, error) {
	a := &Authorities{x509.NewCertPool(), x509.NewCertPool()}
	trusted := 0
	for {
		var block *pem.Block
		if block, file = pem.Decode(file); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a block is %q and no certificate", block.Type)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err != nil:
			return nil, fmt.Errorf("a certificate is damaged: %w", err)
		case !certificate.IsCA:
			return nil, fmt.Errorf("%q is not the certificate of an authority", certificate.Subject)
		case bytes.Equal(certificate.RawSubject, certificate.RawIssuer):
			a.roots.AddCert(certificate)
			trusted++
		default:
			a.between.AddCert(certificate)
		}
	}
	if trusted == 0 {
		return nil, errors.New("there is no self-issued certificate among them: nothing would be trusted")
	}
	return a, nil
}

// Check builds the chain from what a client showed to an authority.
//
// RFC 8705 2.1: the certificate is validated; RFC 5280 4.2.1.12: it is one for clients.
func (a *Authorities) Check(s *Shown, now time.Time) error {
	between := a.between.Clone()
	for _, c := range s.Chain {
		between.AddCert(c)
	}
	_, err := s.Certificate.Verify(x509.VerifyOptions{
		Roots: a.roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err
}
