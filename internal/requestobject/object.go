package requestobject

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"vigil/internal/clientkeys"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/tenant"
)

// Reader reads request objects. All fields are required.
type Reader struct {
	Keys *clientkeys.Keys // of applications
	Own  *keys.Set        // what objects are encrypted to
	Now  func() time.Time
}

// The windows of an object's times.
const (
	// skew is how far clocks may differ.
	skew = 10 * time.Second
	// longest is how far an object may reach back and ahead, if it says so.
	longest = time.Hour
)

// Object is what a request object asks for.
type Object struct {
	Parameters url.Values
	Signed     bool // by a registered key of the application
}

// Read verifies an object of an application and gives its parameters.
//
// RFC 9101 6.
func (r *Reader) Read(ctx context.Context, base tenant.Base, app *tenant.Application, token string) (Object, *oidc.Error) {
	inside, fault := r.open(base, token)
	if fault != nil {
		return Object{}, fault
	}
	read, signed, err := r.verify(ctx, app, inside)
	if err != nil {
		if errors.Is(err, clientkeys.ErrToken) {
			return Object{}, refused("it is not signed by a key of the application", err)
		}
		return Object{}, oidc.Unavailable(err)
	}
	// RFC 8725 3.11: a token of another kind that the client signed, such as a client assertion, is no request.
	if !slices.Contains([]string{"", "jwt", "oauth-authz-req+jwt"}, strings.ToLower(strings.TrimPrefix(read.Type, "application/"))) {
		return Object{}, refused("it is of another type", nil)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(read.Payload, &members); err != nil {
		return Object{}, refused("its claims are malformed", err)
	}
	if err := r.check(base, app, read.Payload); err != nil {
		return Object{}, refused(err.Error(), nil)
	}
	parameters, err := spelled(members)
	if err != nil {
		return Object{}, refused(err.Error(), nil)
	}
	parameters.Set("client_id", app.ClientID)
	return Object{Parameters: parameters, Signed: signed}, nil
}

// open takes an object out of its encryption, if it has one. What is inside must prove by itself whose it is.
//
// RFC 9101 6.1: decrypted first; 4: signed, then encrypted.
func (r *Reader) open(base tenant.Base, token string) (string, *oidc.Error) {
	if !keys.Encrypted(token) {
		return token, nil
	}
	content, err := r.Own.Ring(base.Environment.ID).Decrypt(token)
	if err != nil {
		return "", refused("it is not encrypted to a key of this server in a way that is accepted", err)
	}
	if strings.HasPrefix(string(content), "{") {
		// OIDC Core 6.1: encrypted alone, it is worth what an unsigned object is.
		return unsecured + base64.RawURLEncoding.EncodeToString(content) + ".", nil
	}
	return string(content), nil
}

// unsecured is the beginning of a token that nobody signed: {"alg":"none"} and its dot.
const unsecured = "eyJhbGciOiJub25lIn0."

// verify gives the content of an object.
//
// RFC 9101 10.5, RFC 8725 3.1: a fixed list of algorithms; none only where the application registered that it sends such objects.
func (r *Reader) verify(ctx context.Context, app *tenant.Application, token string) (clientkeys.Token, bool, error) {
	if unsigned, ok := readUnsigned(token); ok && app.SupportUnsignedRequestObject && !app.RequireSignedRequestObject {
		return unsigned, false, nil
	}
	read, err := r.Keys.Verify(ctx, app, token, clientkeys.Algorithms())
	return read, err == nil, err
}

// readUnsigned reads a token of alg none.
//
// RFC 7519 6: an unsecured JWT has an empty signature.
func readUnsigned(token string) (clientkeys.Token, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[2] != "" {
		return clientkeys.Token{}, false
	}
	head, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return clientkeys.Token{}, false
	}
	var header struct {
		Alg  string          `json:"alg"`
		Typ  string          `json:"typ"`
		Crit json.RawMessage `json:"crit"`
	}
	if json.Unmarshal(head, &header) != nil || header.Alg != "none" || header.Crit != nil {
		return clientkeys.Token{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	return clientkeys.Token{Payload: payload, Type: header.Typ, Alg: header.Alg}, err == nil
}

// audience is a text or a list of texts.
type audience []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// check judges what the object says of itself.
func (r *Reader) check(base tenant.Base, app *tenant.Application, payload []byte) error {
	var claims struct {
		ClientID  *string  `json:"client_id"`
		Issuer    *string  `json:"iss"`
		Subject   *string  `json:"sub"`
		Audience  audience `json:"aud"`
		Expires   *float64 `json:"exp"`
		NotBefore *float64 `json:"nbf"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return errors.New("its claims are malformed")
	}
	now := r.Now()
	switch {
	case claims.ClientID != nil && *claims.ClientID != app.ClientID:
		// RFC 9101 5: client_id inside and outside are identical.
		return errors.New("it is of another client")
	case claims.Issuer != nil && *claims.Issuer != app.ClientID:
		// RFC 9101 4: iss is the client.
		return errors.New("it was issued by another")
	case claims.Subject != nil && *claims.Subject == app.ClientID:
		// RFC 9101 10.8: so that it can never pass as a client assertion.
		return errors.New("its sub is the client")
	case claims.Audience != nil && !slices.Contains(claims.Audience, base.Issuer()):
		return errors.New("it is for another server")
	case claims.Expires != nil && !now.Before(unix(*claims.Expires).Add(skew)):
		return errors.New("it has expired")
	case claims.Expires != nil && unix(*claims.Expires).Sub(now) > longest:
		return errors.New("its exp is too far ahead")
	case claims.NotBefore != nil && unix(*claims.NotBefore).Sub(now) > skew:
		return errors.New("it is not good yet")
	case claims.NotBefore != nil && now.Sub(unix(*claims.NotBefore)) > longest:
		return errors.New("its nbf is too long ago")
	}
	return nil
}

// unix bounds what a number may be before it becomes a time.
func unix(seconds float64) time.Time {
	const end = 1 << 40
	return time.Unix(int64(max(-end, min(end, seconds))), 0)
}

// spelled writes the members as a form would bring them.
func spelled(members map[string]json.RawMessage) (url.Values, error) {
	parameters := url.Values{}
	for name, raw := range members {
		switch name {
		case "iss", "aud", "exp", "nbf", "iat", "jti", "sub":
			continue
		case "request", "request_uri":
			// RFC 9101 4: neither is inside.
			return nil, errors.New("it holds " + name)
		}
		var text string
		var list []string
		if name == "resource" && json.Unmarshal(raw, &list) == nil {
			// RFC 8707 2: several are an array in a request object.
			parameters[name] = list
			continue
		}
		if json.Unmarshal(raw, &text) != nil {
			// max_age is a number, claims an object (OIDC Core 6.1).
			text = string(raw)
		}
		parameters.Set(name, text)
	}
	return parameters, nil
}

// refused says what is wrong with an object.
//
// RFC 9101 7: invalid_request_object.
func refused(what string, cause error) *oidc.Error {
	fault := oidc.NewError(oidc.CodeInvalidRequestObject, "the request object cannot be used: "+what)
	if cause != nil {
		return fault.WithDetail(cause.Error())
	}
	return fault
}
