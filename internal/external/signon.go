package external

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"vigil/engine/connector/builtin"
	"vigil/internal/tenant"
)

// errAnswer: what came back does not hold. Why is for the log alone.
var errAnswer = errors.New("the answer does not hold")

// SignOn implements builtin.Externals.
func (s *Service) SignOn(ctx context.Context, answer builtin.ExternalAnswer) (*builtin.Identity, error) {
	identity, err := s.signOn(ctx, answer)
	if errors.Is(err, errAnswer) {
		s.Log.InfoContext(ctx, "an answer of an identity provider does not hold", "environment", answer.EnvironmentID, "cause", err)
		return nil, nil
	}
	return identity, err
}

func (s *Service) signOn(ctx context.Context, answer builtin.ExternalAnswer) (*builtin.Identity, error) {
	outer, err := url.ParseQuery(answer.Answer)
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be read", errAnswer)
	}
	query, err := url.ParseQuery(outer.Get("query"))
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be read", errAnswer)
	}
	kept, err := s.take(ctx, answer.RunID)
	switch {
	case err != nil:
		return nil, err
	case kept == nil || !kept.is(outer.Get("provider"), query):
		return nil, fmt.Errorf("%w: this run waits for no such answer", errAnswer)
	}
	environment := s.Tenants.Environment(answer.EnvironmentID)
	if environment == nil {
		return nil, fmt.Errorf("%w: there is no such environment", errAnswer)
	}
	named := environment.IdentityProvider(kept.Provider)
	if named == nil {
		return nil, fmt.Errorf("%w: %q", ErrUnknownProvider, kept.Provider)
	}
	provider, err := s.providers.of(ctx, named, s.Now())
	if err != nil {
		return nil, fmt.Errorf("read what provider %q supports: %w", named.Name, err)
	}
	if err := provider.vouches(named, query); err != nil {
		return nil, err
	}
	return s.redeem(ctx, redemption{provider, named, kept, query.Get("code")})
}

// take gives the trip of a run, once.
func (s *Service) take(ctx context.Context, runID string) (kept *trip, err error) {
	err = s.Keep.Change(ctx, runID, keptTrip, func(value []byte) ([]byte, error) {
		var err error
		kept, err = readTrip(value)
		return nil, err
	})
	if err != nil {
		return nil, fmt.Errorf("take trip: %w", err)
	}
	return kept, nil
}

// vouches holds the parameters of an answer against who should have sent them.
func (p *provider) vouches(named *tenant.IdentityProvider, query url.Values) error {
	iss, told := query["iss"]
	switch {
	case told && (len(iss) != 1 || iss[0] != named.Issuer):
		// RFC 9207 2.4: an answer of another issuer must be refused.
		return fmt.Errorf("%w: another provider sent it", errAnswer)
	case !told && p.namesItself:
		// RFC 9207 2.4: so must one without it, of a provider that names itself.
		return fmt.Errorf("%w: it does not say who sent it", errAnswer)
	case query.Get("error") != "":
		return fmt.Errorf("%w: the provider turned them away", errAnswer)
	case len(query["code"]) != 1 || query.Get("code") == "":
		return fmt.Errorf("%w: there is no code", errAnswer)
	}
	return nil
}

// redemption is a code about to be exchanged.
type redemption struct {
	*provider
	named *tenant.IdentityProvider
	kept  *trip
	code  string
}

func (s *Service) redeem(ctx context.Context, r redemption) (*builtin.Identity, error) {
	ctx = oidc.ClientContext(ctx, r.http)
	token, err := r.client(r.named, r.kept.Back).Exchange(ctx, r.code, oauth2.VerifierOption(r.kept.Verifier))
	if err != nil {
		if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) && refused.ErrorCode == "invalid_grant" {
			return nil, fmt.Errorf("%w: the provider knows no such code", errAnswer)
		}
		return nil, fmt.Errorf("exchange a code with provider %q: %w", r.named.Name, reason(err))
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := r.Verifier(&oidc.Config{ClientID: r.named.ClientID, Now: s.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: its ID token: %w", errAnswer, reason(err))
	}
	claims := map[string]any{}
	if err := verified.Claims(&claims); err != nil {
		return nil, fmt.Errorf("%w: its claims cannot be read", errAnswer)
	}
	if err := r.check(verified, claims, token.AccessToken); err != nil {
		return nil, err
	}
	if err := r.ask(ctx, token, verified.Subject, claims); err != nil {
		return nil, err
	}
	return r.identity(verified, claims), nil
}

// check looks at what the library leaves to us.
func (r redemption) check(verified *oidc.IDToken, claims map[string]any, accessToken string) error {
	// OIDC Core 3.1.3.7 11: the nonce is the one that was sent.
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(r.kept.Nonce)) != 1 {
		return fmt.Errorf("%w: its nonce is another's", errAnswer)
	}
	// OIDC Core 3.1.3.7 4, 5: of several audiences this server must be the one that asked.
	if azp, given := claims["azp"]; (given || len(verified.Audience) > 1) && azp != r.named.ClientID {
		return fmt.Errorf("%w: it is for somebody else", errAnswer)
	}
	if verified.Subject == "" || len(verified.Subject) > 255 {
		return fmt.Errorf("%w: it names nobody", errAnswer)
	}
	// OIDC Core 3.1.3.8: the access token belongs to it.
	if verified.AccessTokenHash != "" && verified.VerifyAccessToken(accessToken) != nil {
		return fmt.Errorf("%w: its access token is another's", errAnswer)
	}
	if at, told := claims["auth_time"].(float64); told && !r.kept.Since.IsZero() && time.Unix(int64(at), 0).Before(r.kept.Since.Add(-time.Minute)) {
		return fmt.Errorf("%w: they signed on too long ago", errAnswer) // OIDC Core 3.1.2.1
	}
	return nil
}

// ask adds what the provider tells at its userinfo endpoint alone.
func (r redemption) ask(ctx context.Context, token *oauth2.Token, subject string, claims map[string]any) error {
	if _, told := claims[r.named.Claims.Email]; told || r.UserInfoEndpoint() == "" || token.AccessToken == "" {
		return nil
	}
	info, err := r.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("ask provider %q who it is: %w", r.named.Name, errors.New("its userinfo endpoint did not answer"))
	}
	// OIDC Core 5.3.2: the sub must be that of the ID token, or nothing of it may be used.
	if info.Subject != subject {
		return fmt.Errorf("%w: its userinfo endpoint speaks of somebody else", errAnswer)
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return fmt.Errorf("%w: its claims cannot be read", errAnswer)
	}
	for name, value := range more {
		if _, told := claims[name]; !told {
			claims[name] = value
		}
	}
	return nil
}

func (r redemption) identity(verified *oidc.IDToken, claims map[string]any) *builtin.Identity {
	text := func(name string) string {
		const longest = 255
		value, _ := claims[name].(string)
		if len(value) > longest {
			return ""
		}
		return value
	}
	names := r.named.Claims
	sure, _ := claims[names.EmailVerified].(bool)
	email := text(names.Email)
	return &builtin.Identity{
		Provider: r.named.Name, Issuer: r.named.Issuer, Subject: verified.Subject,
		Email: email, EmailVerified: sure && email != "",
		Username: text(names.Username), GivenName: text(names.GivenName), FamilyName: text(names.FamilyName),
	}
}

// spelled writes a value for the store.
func spelled(value any) ([]byte, error) {
	written, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode link: %w", err)
	}
	return written, nil
}
