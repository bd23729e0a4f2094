package token

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"vigil/internal/accesstoken"
	"vigil/internal/clientauth"
	"vigil/internal/clientcert"
	"vigil/internal/dpop"
	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

// Endpoint serves token requests. All fields but Touch are required.
type Endpoint struct {
	Store    kv.Store
	Clients  *clientauth.Authenticator
	Proofs   *dpop.Verifier
	Tokens   *accesstoken.Reader
	Keys     *keys.Set
	Grants   grant.Environments
	Liveness grant.Liveness
	Users    grant.Users
	// Touch notes activity in a session, for applications whose refreshing counts as such. Nil: it never does.
	Touch  func(sessionID []byte, now time.Time)
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// Mount registers POST /as/token.
func (e *Endpoint) Mount(r *web.Router) { r.POST(path, e.serve) }

const path = "/as/token"

// maxBody bounds a token request. Codes are the largest part of it.
const maxBody = 128 << 10 // bytes

// answer is a successful token response.
//
// RFC 6749 5.1, OIDC Core 3.1.3.3.
type answer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	// IssuedTokenType is said after an exchange only: RFC 8693 2.2.1.
	IssuedTokenType string `json:"issued_token_type,omitempty"`
}

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	request, fault := parse(w, r)

	var app *tenant.Application
	if fault == nil {
		app, fault = e.Clients.Authenticate(r.Context(), base, base.URL(r.URL.Path), request.Client)
	}

	var thumbprint string
	if fault == nil {
		thumbprint, fault = e.prove(r, base, app)
	}
	if len(r.Header.Values("DPoP")) > 0 || app != nil && app.DPoPNonceRequired {
		e.Proofs.Offer(w.Header(), base)
	}

	var certificate string
	if fault == nil {
		certificate, fault = show(r, app)
	}

	var given *answer
	if fault == nil {
		x := exchange{Endpoint: e, base: base, app: app, request: request, thumbprint: thumbprint, certificate: certificate, now: e.Now()}
		given, fault = x.give(r.Context())
	}

	if fault != nil {
		clientauth.Refusal{Log: e.Log, What: "token", Base: base, Client: request.Client, Fault: fault}.Answer(r.Context(), w)
		return nil
	}
	body, err := json.Marshal(given)
	if err != nil {
		return err
	}
	return clientauth.Respond(w, http.StatusOK, "application/json", body)
}

// prove gives the key that the tokens will be bound to. Empty: none.
func (e *Endpoint) prove(r *http.Request, base tenant.Base, app *tenant.Application) (string, *oidc.Error) {
	switch {
	case len(r.Header.Values("DPoP")) > 0:
	case app.DPoPBoundAccessTokens:
		// RFC 9449 5.2: such an application always sends a proof.
		return "", oidc.NewError(oidc.CodeInvalidDPoPProof, "the application needs a DPoP proof")
	default:
		return "", nil
	}
	q := dpop.RequestOf(r, base, r.URL.Path)
	q.NonceRequired = app.DPoPNonceRequired
	return e.Proofs.Check(r.Context(), base, q)
}

// show gives the certificate that the tokens will be bound to. Empty: none.
//
// RFC 8705 3.4: an application whose tokens are bound shows its certificate whenever it asks for some.
func show(r *http.Request, app *tenant.Application) (string, *oidc.Error) {
	if !app.TLSClientCertificateBoundAccessTokens {
		return "", nil
	}
	shown, err := clientcert.ThumbprintOf(r.Context())
	if err != nil || shown == "" {
		return "", oidc.InvalidRequest("the application needs to show a client certificate")
	}
	return shown, nil
}

// parse reads a token request.
func parse(w http.ResponseWriter, r *http.Request) (oidc.TokenRequest, *oidc.Error) {
	form, fault := clientauth.ReadForm(w, r, maxBody)
	if fault != nil {
		return oidc.TokenRequest{}, fault
	}
	return oidc.ParseToken(form, r.Header.Get("Authorization"))
}
