package introspect

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigil/internal/accesstoken"
	"vigil/internal/clientauth"
	"vigil/internal/clientkeys"
	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/mint"
	"vigil/internal/oidc"
	"vigil/internal/store/kv"
	"vigil/internal/subject"
	"vigil/internal/tenant"
	"vigil/internal/web"
)

// Endpoint serves introspection. All fields are required.
type Endpoint struct {
	Store    kv.Store
	Clients  *clientauth.Authenticator
	Tokens   *accesstoken.Reader
	Keys     *keys.Set
	Grants   grant.Environments
	Liveness grant.Liveness
	Now      func() time.Time
	Log      *slog.Logger
}

const (
	path    = "/as/introspect"
	maxBody = 32 << 10 // bytes
	// signedType is asked for, and answered with, where an answer is to be signed.
	//
	// RFC 9701 4.
	signedType = "application/token-introspection+jwt"
)

// Mount registers POST /as/introspect.
func (e *Endpoint) Mount(r *web.Router) { r.POST(path, e.serve) }

// answer is what is said of a token.
//
// RFC 7662 2.2.
type answer struct {
	Active   bool           `json:"active"`
	Scope    string         `json:"scope,omitempty"`
	ClientID string         `json:"client_id,omitempty"`
	Type     string         `json:"token_type,omitempty"`
	Expires  int64          `json:"exp,omitempty"` // Unix seconds
	IssuedAt int64          `json:"iat,omitempty"`
	Subject  string         `json:"sub,omitempty"`
	Audience grant.Audience `json:"aud,omitempty"`
	Issuer   string         `json:"iss,omitempty"`
	ID       string         `json:"jti,omitempty"`
	SID      string         `json:"sid,omitempty"`
	AuthTime int64          `json:"auth_time,omitempty"`
	ACR      string         `json:"acr,omitempty"`
	// Confirmation: RFC 9449 6.2. Actor: RFC 8693 4.1.
	Confirmation *grant.Confirmation `json:"cnf,omitempty"`
	Actor        *grant.Actor        `json:"act,omitempty"`
}

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	form, fault := clientauth.ReadForm(w, r, maxBody)
	var client oidc.Credentials
	if fault == nil {
		client, fault = oidc.ParseCredentials(form, r.Header.Get("Authorization"))
	}

	var app *tenant.Application
	if fault == nil {
		app, fault = e.authenticate(r, base, client)
	}

	var said answer
	if fault == nil {
		said, fault = e.look(r.Context(), base, app, form)
	}

	if fault != nil {
		clientauth.Refusal{Log: e.Log, What: "introspection", Base: base, Client: client, Fault: fault}.Answer(r.Context(), w)
		return nil
	}
	if wantsSigned(r) {
		return e.sign(r.Context(), w, base, app, said)
	}
	body, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return clientauth.Respond(w, http.StatusOK, "application/json", body)
}

// authenticate refuses those who cannot prove who they are.
//
// RFC 7662 2.1, 4: authorization is needed, against scanning for tokens.
func (e *Endpoint) authenticate(r *http.Request, base tenant.Base, client oidc.Credentials) (*tenant.Application, *oidc.Error) {
	app, fault := e.Clients.Authenticate(r.Context(), base, base.URL(r.URL.Path), client)
	if fault == nil && app.TokenEndpointAuthMethod == tenant.AuthNone {
		return nil, oidc.InvalidClient("client authentication is needed")
	}
	return app, fault
}

// look says what a token is worth to an application.
func (e *Endpoint) look(ctx context.Context, base tenant.Base, app *tenant.Application, form url.Values) (answer, *oidc.Error) {
	tokens := form["token"]
	if len(tokens) != 1 || tokens[0] == "" {
		return answer{}, oidc.InvalidRequest("one token is needed")
	}
	if said, err := e.lookAtRefreshToken(ctx, base, app, tokens[0]); err != nil || said.Active {
		return said, err
	}
	t, fault := e.Tokens.Read(ctx, base, tokens[0], e.Now())
	switch {
	case fault != nil && fault.HTTPStatus() >= http.StatusInternalServerError:
		return answer{}, fault
	case fault != nil:
		return answer{}, nil
	}
	c := t.Claims
	return answer{
		Active: true, Scope: c.Scope, ClientID: c.ClientID, Type: mint.AccessToken{KeyThumbprint: t.KeyThumbprint()}.Type(),
		Expires: c.Expires, IssuedAt: c.IssuedAt, Subject: c.Subject, Audience: c.Audience, Issuer: c.Issuer, ID: c.ID, SID: c.SID,
		AuthTime: c.AuthTime, ACR: c.ACR, Confirmation: c.Confirmation, Actor: c.Actor,
	}, nil
}

// lookAtRefreshToken says what a refresh token is worth to the application that it was given to. Looking does not use it.
func (e *Endpoint) lookAtRefreshToken(ctx context.Context, base tenant.Base, app *tenant.Application, token string) (answer, *oidc.Error) {
	use := grant.Use{
		Token: token, EnvironmentID: base.Environment.ID, Issuer: base.Issuer(), ClientID: app.ClientID, Now: e.Now(),
	}
	if !app.RefreshTokensOutliveSession {
		use.Liveness = e.Liveness
	}
	f, err := e.Grants[base.Environment.ID].Look(ctx, e.Store, use)
	for _, known := range []error{grant.ErrInvalid, grant.ErrExpired, grant.ErrReplayed, grant.ErrWrongClient, grant.ErrSessionEnded} {
		if errors.Is(err, known) {
			return answer{}, nil
		}
	}
	if err != nil {
		return answer{}, clientauth.Failed(err)
	}
	said := answer{
		Active: true, Scope: f.Scope, ClientID: f.ClientID, Expires: f.TokenExpires().Unix(), Issuer: f.Issuer, ACR: f.ACR,
		Subject: subject.Subjects{Secret: e.Keys.Secret}.Of(app, f.EnvironmentID, f.UserID), AuthTime: f.AuthTime.Unix(),
	}
	said.Confirmation = grant.Confirm(f.KeyThumbprint, f.CertificateThumbprint)
	return said, nil
}

func wantsSigned(r *http.Request) bool {
	for _, one := range strings.Split(r.Header.Get("Accept"), ",") {
		if kind, _, err := mime.ParseMediaType(one); err == nil && kind == signedType {
			return true
		}
	}
	return false
}

// sign answers with a JWT for the resource that asked.
//
// RFC 9701 5: iss, aud, iat and token_introspection; no exp and no sub of its own, so that it is never taken for an access token.
func (e *Endpoint) sign(ctx context.Context, w http.ResponseWriter, base tenant.Base, app *tenant.Application, said answer) error {
	encoded, err := json.Marshal(struct {
		Issuer   string `json:"iss"`
		Audience string `json:"aud"`
		IssuedAt int64  `json:"iat"` // Unix seconds
		Token    answer `json:"token_introspection"`
	}{base.Issuer(), app.ClientID, e.Now().Unix(), said})
	if err != nil {
		return err
	}
	alg := app.IntrospectionSignedResponseAlg
	if alg == "" {
		alg = mint.Algorithm(app)
	}
	signed, err := e.Keys.Ring(base.Environment.ID).Sign(alg, keys.TypeIntrospection, encoded)
	if err != nil {
		return err
	}
	if wanted := app.Encryptions.Introspection; wanted.Wanted() {
		// RFC 9701 5: signed, then encrypted.
		if signed, err = e.Clients.Keys.Encrypt(ctx, app, wanted, []byte(signed), clientkeys.Nested); err != nil {
			return err
		}
	}
	return clientauth.Respond(w, http.StatusOK, signedType, []byte(signed))
}
