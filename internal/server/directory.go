package server

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/attempts"
	"vigil/internal/config"
	"vigil/internal/departure"
	"vigil/internal/directory"
	"vigil/internal/grant"
	"vigil/internal/oidc"
	"vigil/internal/password"
)

// buildDirectory opens the directory and adds the users that the configuration starts with.
func (s *Server) buildDirectory(ctx context.Context) error {
	o := s.options
	hasher, err := password.New(password.Config{Params: o.Passwords, Random: o.Random})
	if err != nil {
		return err
	}
	counter, err := attempts.New(attempts.Config{Store: s.kv, Now: o.Now, Name: attempts.NamePolicy(), Address: attempts.AddressPolicy()})
	if err != nil {
		return err
	}
	s.Directory = &directory.Directory{Store: s.kv, Passwords: hasher, Attempts: counter, Now: o.Now, Random: o.Random}
	s.Departure = departure.New(s.kv, s.Directory, s.Sessions, o.Now)
	for i := range o.Config.Environments {
		e := &o.Config.Environments[i]
		for _, u := range e.Users {
			if err := s.addUser(ctx, e.ID, u); err != nil {
				return fmt.Errorf("add user %q: %w", u.Username, err)
			}
		}
	}
	return nil
}

// addUser adds somebody whose name is still free.
func (s *Server) addUser(ctx context.Context, environmentID string, u config.User) error {
	_, err := s.Directory.Find(ctx, environmentID, u.Username)
	if !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	_, err = s.Directory.Add(ctx, directory.User{
		EnvironmentID: environmentID, Username: u.Username, Email: u.Email, GivenName: u.GivenName, FamilyName: u.FamilyName,
		Groups: u.Groups, PasswordHash: u.PasswordHash, Enabled: true,
	}, u.Password)
	if errors.Is(err, directory.ErrExists) { // another server that starts was faster, or the address is somebody's
		if _, again := s.Directory.Find(ctx, environmentID, u.Username); again == nil {
			return nil
		}
	}
	return err
}

// people is the directory as flows and tokens see it.
type people struct{ *directory.Directory }

// Find implements builtin.Directory.
func (p people) Find(ctx context.Context, environmentID, name string) (*connector.AccountValue, error) {
	u, err := p.Directory.Find(ctx, environmentID, name)
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a := found(u)
	return &a, nil
}

// found is an account that somebody's name or address led to. Mail to an address that its user only claims would reach a stranger, and let them in.
func found(u directory.User) connector.AccountValue {
	if u.EmailClaimed {
		u.Email = ""
	}
	return accountOf(u)
}

// CheckPassword implements builtin.Directory.
func (p people) CheckPassword(ctx context.Context, c builtin.PasswordCheck) (builtin.PasswordResult, error) {
	from, err := netip.ParseAddr(c.IP)
	if err != nil {
		from = netip.Addr{}
	}
	result, err := p.Directory.CheckPassword(ctx, c.EnvironmentID, c.Username, c.Password, from)
	if err != nil {
		return builtin.PasswordResult{}, err
	}
	checked := builtin.PasswordResult{Answer: answers[result.Outcome]}
	if result.User.ID != "" {
		account := accountOf(result.User)
		checked.Account = &account
	}
	return checked, nil
}

var answers = map[directory.Outcome]builtin.PasswordAnswer{
	directory.Success:    builtin.PasswordRight,
	directory.Failure:    builtin.PasswordWrong,
	directory.Locked:     builtin.PasswordLocked,
	directory.MustChange: builtin.PasswordMustChange,
}

// account reads a person who may be signed on. Nil: gone or disabled.
func (p people) account(ctx context.Context, environmentID, userID string) (*connector.AccountValue, error) {
	u, err := p.ByID(ctx, environmentID, userID)
	if errors.Is(err, directory.ErrNotFound) || err == nil && !u.Enabled {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a := accountOf(u)
	return &a, nil
}

// UserClaims implements grant.Users.
func (p people) UserClaims(ctx context.Context, environmentID, userID string) (oidc.Claims, error) {
	u, err := p.ByID(ctx, environmentID, userID)
	if errors.Is(err, directory.ErrNotFound) || err == nil && !u.Enabled {
		return oidc.Claims{}, grant.ErrGone
	}
	if err != nil {
		return oidc.Claims{}, err
	}
	return claimsOf(u), nil
}

func accountOf(u directory.User) connector.AccountValue {
	return connector.AccountValue{
		ID: u.ID, Username: u.Username, Email: u.Email, EmailVerified: u.EmailVerified, GivenName: u.GivenName, FamilyName: u.FamilyName, Phone: u.Phone,
		Enabled: u.Enabled, Groups: u.Groups, Attributes: u.Attributes,
		PasswordChanged: u.PasswordChanged, CreatedAt: u.CreatedAt, Epoch: u.Epoch,
	}
}

func claimsOf(u directory.User) oidc.Claims {
	claims := oidc.Claims{
		Subject: u.ID, Name: strings.TrimSpace(u.GivenName + " " + u.FamilyName), GivenName: u.GivenName, FamilyName: u.FamilyName,
		PreferredUsername: u.Username, UpdatedAt: u.UpdatedAt.Unix(), Email: u.Email, PhoneNumber: u.Phone,
	}
	if u.EmailVerified || u.EmailClaimed { // OIDC Core 5.1: of what an operator entered it is not known
		claims.EmailVerified = &u.EmailVerified
	}
	claims.Address = addressOf(u.Attributes)
	return claims
}

// addressOf reads a postal address from the attributes that flows keep one in. Nil: there is none.
//
// OIDC Core 5.1.1; the names are those of PingOne's users.
func addressOf(attributes map[string]string) *oidc.Address {
	a := oidc.Address{
		Formatted: attributes["address"], StreetAddress: attributes["streetAddress"], Locality: attributes["locality"],
		Region: attributes["region"], PostalCode: attributes["postalCode"], Country: attributes["countryCode"],
	}
	if a == (oidc.Address{}) {
		return nil
	}
	return &a
}
