package clientauth

import (
	"context"

	"vigil/internal/clientcert"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// byCertificate authenticates by the certificate that the client showed to the proxy in front.
//
// RFC 8705 2.
func (a *Authenticator) byCertificate(ctx context.Context, app *tenant.Application) (*tenant.Application, *oidc.Error) {
	shown, err := clientcert.Of(ctx)
	switch {
	case err != nil:
		return nil, refused(err.Error())
	case shown == nil:
		return nil, refused("no certificate was shown")
	}
	if app.TokenEndpointAuthMethod == tenant.AuthSelfSigned {
		known, err := a.Keys.HasCertificate(ctx, app, shown.Certificate)
		switch {
		case err != nil:
			return nil, refused("keys could not be fetched: " + err.Error())
		case !known:
			return nil, refused("another certificate")
		}
		return app, nil
	}
	switch {
	case a.Authorities == nil:
		return nil, refused("there are no authorities for certificates")
	case !clientcert.Names(app, shown.Certificate):
		return nil, refused("another name in the certificate")
	}
	if err := a.Authorities.Check(shown, a.Now()); err != nil {
		return nil, refused(err.Error())
	}
	return app, nil
}
