package flowtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/run"
)

// people is who there is, by id. It is replaced whole and so are its persons: moments of the past go on holding the old ones.
type people map[string]*person

// residents changes the people of a stage.
type residents struct{ *Stage }

var errEpoch = errors.New("the account changed since it was proved")

// with gives a copy in which somebody is another. Nil: nobody.
func (p people) with(id string, one *person) people {
	next := maps.Clone(p)
	if next == nil {
		next = people{}
	}
	if next[id] = one; one == nil {
		delete(next, id)
	}
	return next
}

// found is the account that a name or an address led to. Mail to an address that is only claimed would reach a stranger.
func (p *person) found() connector.AccountValue {
	account := p.account
	if p.claimed {
		account.Email = ""
	}
	return account
}

// Create implements builtin.Users.
func (s residents) Create(_ context.Context, n builtin.NewAccount) (connector.AccountValue, bool, error) {
	if why := weakness(n.Username, n.Email, n.Password); why != "" && n.Password != "" {
		return connector.AccountValue{}, false, &builtin.Refused{Why: builtin.WeakPassword, Reason: why}
	}
	if n.Username == "" || strings.ContainsAny(n.Username, " \t\n") {
		return connector.AccountValue{}, false, &builtin.Refused{Why: builtin.InvalidField, Reason: "This user name cannot be had: use letters, digits and the signs . _ - @ +."}
	}
	for _, name := range []string{n.Username, n.Email} {
		if known := s.person(name); known != nil {
			return known.found(), true, nil
		}
	}
	id := n.Username
	for i := 2; s.users[id] != nil; i++ {
		id = fmt.Sprintf("%s-%d", n.Username, i)
	}
	p := &person{password: n.Password, newcomer: true, claimed: n.Email != "", account: connector.AccountValue{
		ID: id, Username: n.Username, Email: n.Email, GivenName: n.GivenName, FamilyName: n.FamilyName, Phone: n.Phone, Attributes: n.Attributes,
		Enabled: true, CreatedAt: s.now, PasswordChanged: s.now,
	}}
	s.users = s.users.with(id, p)
	return p.account, false, nil
}

// Update implements builtin.Users.
func (s residents) Update(_ context.Context, c builtin.AccountChange) (connector.AccountValue, error) {
	if c.Username != nil {
		if other := s.person(*c.Username); other != nil && other.account.ID != c.Account.ID {
			return connector.AccountValue{}, &builtin.Refused{Why: builtin.NameTaken, Reason: "This name or address cannot be had."}
		}
	}
	if c.Email != nil && c.EmailVerified != nil && *c.EmailVerified && s.named(*c.Email, c.Account.ID) {
		return connector.AccountValue{}, &builtin.Refused{Why: builtin.NameTaken, Reason: "This name or address cannot be had."}
	}
	return s.change(c.Account, func(p *person) {
		a := &p.account
		for to, from := range map[*string]*string{&a.Username: c.Username, &a.GivenName: c.GivenName, &a.FamilyName: c.FamilyName, &a.Phone: c.Phone} {
			if from != nil {
				*to = *from
			}
		}
		if c.Email != nil && *c.Email != a.Email {
			a.Email, a.EmailVerified, p.claimed = *c.Email, false, *c.Email != ""
		}
		if c.EmailVerified != nil {
			a.EmailVerified = *c.EmailVerified && a.Email != ""
			p.claimed = p.claimed && !a.EmailVerified
		}
		if a.Attributes = maps.Clone(a.Attributes); a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		maps.Copy(a.Attributes, c.Attributes)
		maps.DeleteFunc(a.Attributes, func(_, value string) bool { return value == "" })
		a.Groups = slices.DeleteFunc(slices.Clone(a.Groups), func(g string) bool { return g == c.Leave || g == c.Join })
		if c.Join != "" {
			a.Groups = append(a.Groups, c.Join)
		}
	})
}

// named reports whether an address is the user name of somebody else.
func (s residents) named(address, id string) bool {
	for _, p := range s.users {
		if !p.newcomer && p.account.ID != id && strings.EqualFold(p.account.Username, address) {
			return true
		}
	}
	return false
}

// SetPassword implements builtin.Users. The stage has one browser, whose session goes on.
func (s residents) SetPassword(_ context.Context, c builtin.PasswordChange) (connector.AccountValue, error) {
	why := weakness(c.Account.Username, c.Account.Email, c.Password)
	if p := s.users[c.Account.ID]; p != nil && p.mustChange && p.password == c.Password {
		why = "Use another password than the present one."
	}
	if why != "" {
		return connector.AccountValue{}, &builtin.Refused{Why: builtin.WeakPassword, Reason: why}
	}
	return s.change(c.Account, func(p *person) {
		p.password, p.mustChange, p.account.PasswordChanged = c.Password, false, s.now
		p.account.Epoch++
	})
}

// ProveEmail implements builtin.Users.
func (s residents) ProveEmail(_ context.Context, _ string, account connector.AccountValue, address string) (connector.AccountValue, error) {
	return s.change(account, func(p *person) {
		if p.account.Email == address {
			p.account.EmailVerified, p.claimed = true, false
		}
	})
}

// Judge implements builtin.Users.
func (s residents) Judge(_ context.Context, username, email, password string) (string, error) {
	return weakness(username, email, password), nil
}

// SetEnabled implements builtin.Users.
func (s residents) SetEnabled(_ context.Context, _, userID string, enabled bool) (connector.AccountValue, error) {
	p := s.users[userID]
	if p == nil {
		return connector.AccountValue{}, errEpoch
	}
	return s.change(p.account, func(p *person) {
		p.account.Enabled = enabled
		p.account.Epoch++
	})
}

// Delete implements builtin.Users.
func (s residents) Delete(_ context.Context, account connector.AccountValue, _ string) error {
	s.users = s.users.with(account.ID, nil)
	s.owned = s.owned.with(account.ID, nil)
	return nil
}

// change makes somebody another person, if the flow holds them as they are.
func (s residents) change(account connector.AccountValue, change func(*person)) (connector.AccountValue, error) {
	p := s.users[account.ID]
	if p == nil || p.account.Epoch != account.Epoch {
		return connector.AccountValue{}, errEpoch
	}
	changed := *p
	change(&changed)
	s.users = s.users.with(account.ID, &changed)
	return changed.account, nil
}

// weakness judges a password as the directory does, and names every reason. Empty: it is good.
func weakness(username, email, password string) string {
	local, _, _ := strings.Cut(email, "@")
	var reasons []string
	if utf8.RuneCountInString(password) < 8 {
		reasons = append(reasons, "Use at least 8 characters.")
	}
	if slices.ContainsFunc([]string{username, email, local}, func(name string) bool { return name != "" && strings.EqualFold(name, password) }) {
		reasons = append(reasons, "Use something else than your name.")
	}
	return strings.Join(reasons, " ")
}

// admit does what a host does before it signs somebody on: who registered takes the name now, and what was proved before the account changed
// counts for nothing. Nil: it signs them on.
func (s *Stage) admit(user connector.UserValue) *run.Failure {
	denied := &run.Failure{Code: "access_denied"}
	p := s.users[user.ID]
	if p == nil || !p.account.Enabled || p.account.Epoch != user.Epoch {
		return denied
	}
	if !p.newcomer {
		return nil
	}
	if s.person(p.account.Username) != nil {
		return denied
	}
	admitted := *p
	admitted.newcomer = false
	s.users = s.users.with(user.ID, &admitted)
	return nil
}
