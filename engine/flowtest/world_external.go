package flowtest

import (
	"context"
	"maps"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
)

// linked is whose accounts identities are linked to, by provider and subject. It is replaced whole, as owned is.
type linked map[string]string

func (l linked) with(provider, subject, userID string) linked {
	next := maps.Clone(l)
	if next == nil {
		next = linked{}
	}
	next[provider+"\x00"+subject] = userID
	return next
}

// turnedAway is what somebody enters who comes back without having signed on there.
const turnedAway = "denied"

// externals plays other identity providers: `enter: {google: ada}` comes back from Google as Ada, whatever her account here. A name that no test
// user has comes back as a stranger with that name, whose e-mail address is verified where it is one.
type externals struct{ *Stage }

// SignOn implements builtin.Externals.
func (s externals) SignOn(_ context.Context, answer builtin.ExternalAnswer) (*builtin.Identity, error) {
	provider, who, _ := strings.Cut(answer.Answer, " ")
	if who == turnedAway {
		return nil, nil
	}
	identity := builtin.Identity{Provider: provider, Issuer: "https://" + provider, Subject: who, Username: who}
	if p := s.users[who]; p != nil {
		identity.Username, identity.Email, identity.GivenName, identity.FamilyName = p.account.Username, p.account.Email, p.account.GivenName, p.account.FamilyName
	} else if strings.Contains(who, "@") {
		identity.Email = who
	}
	identity.EmailVerified = identity.Email != ""
	return &identity, nil
}

// Owner implements builtin.Externals.
func (s externals) Owner(_ context.Context, _ string, identity builtin.Identity) (*connector.AccountValue, error) {
	p := s.users[s.linked[identity.Provider+"\x00"+identity.Subject]]
	if p == nil {
		return nil, nil
	}
	account := p.account
	return &account, nil
}

// Link implements builtin.Externals.
func (s externals) Link(_ context.Context, _, userID string, identity builtin.Identity, _ time.Time) error {
	owner := s.linked[identity.Provider+"\x00"+identity.Subject]
	if owner != "" && owner != userID {
		return builtin.ErrTaken
	}
	s.linked = s.linked.with(identity.Provider, identity.Subject, userID)
	return nil
}

// Register implements builtin.Externals.
func (s externals) Register(_ context.Context, _, username string, identity builtin.Identity, now time.Time) (*connector.AccountValue, error) {
	if s.person(username) != nil || (identity.EmailVerified && s.person(identity.Email) != nil) {
		return nil, builtin.ErrTaken
	}
	p := &person{account: connector.AccountValue{
		ID: username, Username: username, Email: identity.Email, EmailVerified: identity.EmailVerified, GivenName: identity.GivenName, FamilyName: identity.FamilyName, Enabled: true, CreatedAt: now,
	}}
	s.users = s.users.with(username, p)
	s.linked = s.linked.with(identity.Provider, identity.Subject, username)
	account := p.account
	return &account, nil
}
