package clientauth

import (
	"context"
	"errors"
	"time"

	"vigil/internal/clientcert"
	"vigil/internal/clientkeys"
	"vigil/internal/oidc"
	"vigil/internal/replay"
	"vigil/internal/tenant"
)

// Authenticator authenticates clients. All fields but Authorities are required.
type Authenticator struct {
	Keys   *clientkeys.Keys
	Memory replay.Memory
	// Authorities are whose certificates count. Nil: nobody's.
	Authorities *clientcert.Authorities
	Now         func() time.Time
}

// Authenticate finds the application that a client says to be and has proved to be, by the one method it is registered for. endpoint is the
// address that was called. An unknown client takes the same steps as one with a wrong secret, and gets the same answer.
//
// RFC 6749 2.3, 3.2.1.
func (a *Authenticator) Authenticate(ctx context.Context, base tenant.Base, endpoint string, c oidc.Credentials) (*tenant.Application, *oidc.Error) {
	if c.Method == oidc.AuthAssertion {
		return a.assert(ctx, base, endpoint, c)
	}
	app := base.Environment.Application(c.ClientID)
	known := app != nil
	if known && c.Method == oidc.AuthNone && (app.TokenEndpointAuthMethod == tenant.AuthTLS || app.TokenEndpointAuthMethod == tenant.AuthSelfSigned) {
		// RFC 8705 2: such a client sends its client_id and nothing else in the request itself.
		return a.byCertificate(ctx, app)
	}
	if !known {
		app = &tenant.Application{
			TokenEndpointAuthMethod: tenant.AuthBasic,
			ClientSecrets:           []string{"nobody has this secret, since no client of this name is known"},
		}
	}
	proved := app.HasSecret(c.Secret)
	if c.Method == oidc.AuthNone {
		proved = true
	}
	if !known || !proved || app.TokenEndpointAuthMethod != methodOf(c.Method) {
		return nil, refused("wrong method or secret")
	}
	return app, nil
}

// methodOf translates the way a client came into the name under which applications register it. Empty: no such way.
func methodOf(m oidc.AuthMethod) string {
	switch m {
	case oidc.AuthNone:
		return tenant.AuthNone
	case oidc.AuthBasic:
		return tenant.AuthBasic
	case oidc.AuthPost:
		return tenant.AuthPost
	}
	return ""
}

// assert authenticates by a signed assertion.
//
// RFC 7523 3, RFC 7521 4.2.
func (a *Authenticator) assert(ctx context.Context, base tenant.Base, endpoint string, c oidc.Credentials) (*tenant.Application, *oidc.Error) {
	clientID, ok := claimedSubject(c.Assertion)
	if !ok || c.ClientID != "" && c.ClientID != clientID {
		// RFC 7521 4.2: client_id, if it is there, names the same client.
		return nil, refused("assertion is malformed or names another client")
	}
	app := base.Environment.Application(clientID)
	if app == nil {
		return nil, refused("unknown client")
	}
	token, fault := a.verify(ctx, app, c.Assertion)
	if fault != nil {
		return nil, fault
	}
	now := a.Now()
	claims, err := readAssertion(token)
	if err == nil {
		err = claims.check(app, base.Issuer(), endpoint, now)
	}
	if err != nil {
		return nil, refused(err.Error())
	}
	first, err := a.Memory.First(ctx, claims.expires().Add(skew), "client assertion", base.Environment.ID, clientID, claims.ID)
	switch {
	case err != nil:
		return nil, oidc.Unavailable(err)
	case !first:
		// RFC 7523 3 (7): the jti of an assertion is used once.
		return nil, refused("assertion was used before")
	}
	return app, nil
}

// verify checks the signature in the one way that the application is registered for.
//
// RFC 8725 3.1: a public key is never a shared secret, whatever the header says.
func (a *Authenticator) verify(ctx context.Context, app *tenant.Application, assertion string) (clientkeys.Token, *oidc.Error) {
	var token clientkeys.Token
	var err error
	switch app.TokenEndpointAuthMethod {
	case tenant.AuthPrivateKey:
		token, err = a.Keys.Verify(ctx, app, assertion, narrowed(app, clientkeys.Algorithms()))
	case tenant.AuthSecretJWT:
		token, err = clientkeys.VerifySecret(app, assertion, narrowed(app, SecretAlgorithms()))
	default:
		return token, refused("registered for another method")
	}
	switch {
	case errors.Is(err, clientkeys.ErrToken):
		return token, refused(err.Error())
	case err != nil:
		return token, refused("keys could not be fetched: " + err.Error())
	}
	return token, nil
}

// SecretAlgorithms are what assertions may be signed with by a shared secret.
//
// RFC 7518 3.2.
func SecretAlgorithms() []string { return []string{"HS256", "HS384", "HS512"} }

// narrowed keeps the one algorithm that an application names, if it names one.
//
// OIDC Registration 2: token_endpoint_auth_signing_alg.
func narrowed(app *tenant.Application, algs []string) []string {
	if app.TokenEndpointAuthSigningAlg == "" {
		return algs
	}
	var kept []string
	for _, alg := range algs {
		if clientkeys.Same(alg, app.TokenEndpointAuthSigningAlg) {
			kept = append(kept, alg)
		}
	}
	return kept
}

// refused says the same to the client whatever is wrong.
func refused(detail string) *oidc.Error {
	return oidc.InvalidClient("client authentication failed").WithDetail(detail)
}
