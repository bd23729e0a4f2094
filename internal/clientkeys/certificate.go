package clientkeys

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"vigil/internal/tenant"
)

// HasCertificate reports whether an application registered a certificate with its keys. Errors mean that the keys could not be had.
//
// RFC 8705 2.2: the certificate is one of those in the x5c members of the client's JWK set; nobody's signature on it counts.
func (k *Keys) HasCertificate(ctx context.Context, app *tenant.Application, certificate *x509.Certificate) (bool, error) {
	set, e, err := k.setOf(ctx, app)
	if err != nil || registered(set, certificate) || e == nil {
		return err == nil && registered(set, certificate), err
	}
	// The application may have taken a new certificate into use.
	if set, err = k.refetch(ctx, e, app.JWKSURL, again); err != nil {
		return false, err
	}
	return registered(set, certificate), nil
}

func registered(set *jose.JSONWebKeySet, certificate *x509.Certificate) bool {
	return set != nil && slices.ContainsFunc(set.Keys, func(key jose.JSONWebKey) bool {
		return len(key.Certificates) > 0 && key.Certificates[0].Equal(certificate)
	})
}
