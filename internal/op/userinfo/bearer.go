package userinfo

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"strings"

	"vigil/internal/accesstoken"
	"vigil/internal/clientcert"
	"vigil/internal/dpop"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// maxBody bounds a form that carries a token.
const maxBody = 32 << 10 // bytes

// credential is what a request brings.
type credential struct {
	token string
	bound bool // it came under the scheme DPoP
}

// readCredential finds the token in the header or in a posted form. It is never read from the query.
//
// RFC 6750 2: one method in a request. RFC 9700 4.3.2: no tokens in URLs.
func readCredential(w http.ResponseWriter, r *http.Request) (credential, *oidc.Error) {
	var c credential
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return c, oidc.InvalidRequest("more than one authorization header")
	}
	if len(headers) == 1 {
		// RFC 6750 2.1, RFC 9449 7.1; RFC 9110 11.1: schemes are compared without case.
		scheme, token, _ := strings.Cut(headers[0], " ")
		if c.bound = strings.EqualFold(scheme, "DPoP"); c.bound || strings.EqualFold(scheme, "Bearer") {
			c.token = strings.TrimSpace(token)
		}
	}
	fromForm, fault := readForm(w, r)
	switch {
	case fault != nil:
		return c, fault
	case c.token != "" && fromForm != "":
		return c, oidc.InvalidRequest("more than one access token")
	case c.token == "" && fromForm == "":
		return c, oidc.InvalidToken("an access token is needed")
	}
	c.token += fromForm
	return c, nil
}

// readForm gives the access_token of a form body.
//
// RFC 6750 2.2.
func readForm(w http.ResponseWriter, r *http.Request) (string, *oidc.Error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || err != nil || kind != "application/x-www-form-urlencoded" {
		return "", nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return "", oidc.InvalidRequest("the body is not a form, or too long").WithDetail(err.Error())
	}
	switch tokens := r.PostForm["access_token"]; len(tokens) {
	case 0:
		return "", nil
	case 1:
		return tokens[0], nil
	}
	return "", oidc.InvalidRequest("access_token must not be repeated")
}

// check decides whether a token is good here and now, for whoever brings it.
func (e *Endpoint) check(r *http.Request, base tenant.Base, c credential) (accesstoken.Token, *oidc.Error) {
	t, fault := e.Tokens.Read(r.Context(), base, c.token, e.Now())
	if fault != nil {
		return t, fault
	}
	if fault := e.checkKey(r, base, c, t); fault != nil {
		return t, fault
	}
	if fault := checkCertificate(r, t); fault != nil {
		return t, fault
	}
	switch {
	case !t.Claims.Audience.Has(base.Issuer()):
		return t, badToken("for another resource")
	case !t.Scope.Has(oidc.ScopeOpenID) || t.UserID == "":
		// RFC 6750 3.1, OIDC Core 5.3: userinfo is for tokens of OpenID Connect.
		return t, oidc.NewError(oidc.CodeInsufficientScope, "the scope openid is needed").WithStatus(http.StatusForbidden)
	}
	return t, nil
}

// checkKey wants a proof of the key that a token is bound to, and none where there is no such key.
//
// RFC 9449 7.1, 7.2: a bound token is no bearer token, and a bearer token no bound one.
func (e *Endpoint) checkKey(r *http.Request, base tenant.Base, c credential, t accesstoken.Token) *oidc.Error {
	bound := t.KeyThumbprint()
	if c.bound != (bound != "") {
		return badToken("scheme does not fit the token")
	}
	if bound == "" {
		return nil
	}
	q := dpop.RequestOf(r, base, r.URL.Path)
	q.AccessToken, q.NonceRequired = c.token, t.App.DPoPNonceRequired
	thumbprint, fault := e.Proofs.Check(r.Context(), base, q)
	switch {
	case fault != nil && fault.HTTPStatus() == http.StatusBadRequest:
		return fault.WithStatus(http.StatusUnauthorized)
	case fault != nil:
		return fault
	case thumbprint == "":
		return oidc.NewError(oidc.CodeInvalidDPoPProof, "a DPoP proof is needed").WithStatus(http.StatusUnauthorized)
	case subtle.ConstantTimeCompare([]byte(thumbprint), []byte(bound)) != 1:
		return badToken("bound to another key")
	}
	return nil
}

// checkCertificate wants the certificate that a token is bound to.
//
// RFC 8705 3: another one, or none, and the token is invalid.
func checkCertificate(r *http.Request, t accesstoken.Token) *oidc.Error {
	bound := t.CertificateThumbprint()
	if bound == "" {
		return nil
	}
	shown, err := clientcert.ThumbprintOf(r.Context())
	if err != nil || subtle.ConstantTimeCompare([]byte(shown), []byte(bound)) != 1 {
		return badToken("bound to another certificate")
	}
	return nil
}

// badToken says the same to the client whatever is wrong with a token.
func badToken(detail string) *oidc.Error {
	return oidc.InvalidToken("the access token is not valid").WithDetail(detail)
}
