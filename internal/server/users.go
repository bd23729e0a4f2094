package server

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/departure"
	"vigil/internal/directory"
	"vigil/internal/session"
)

// residents implements builtin.Users.
type residents struct {
	directory *directory.Directory
	departure *departure.Departure
}

// Create implements builtin.Users.
func (r residents) Create(ctx context.Context, n builtin.NewAccount) (connector.AccountValue, bool, error) {
	u, exists, err := r.directory.Register(ctx, directory.User{
		EnvironmentID: n.EnvironmentID, Username: n.Username, Email: n.Email, GivenName: n.GivenName, FamilyName: n.FamilyName, Phone: n.Phone,
		Attributes: n.Attributes, Enabled: true,
	}, n.Password)
	if exists {
		return found(u), true, refused(err)
	}
	return accountOf(u), false, refused(err)
}

// Update implements builtin.Users.
func (r residents) Update(ctx context.Context, c builtin.AccountChange) (connector.AccountValue, error) {
	u, err := r.directory.Amend(ctx, c.EnvironmentID, c.Account.ID, c.Account.Epoch, func(u *directory.User) { amend(u, c) })
	return accountOf(u), refused(err)
}

func amend(u *directory.User, c builtin.AccountChange) {
	for _, text := range []struct {
		to   *string
		from *string
	}{{&u.Username, c.Username}, {&u.GivenName, c.GivenName}, {&u.FamilyName, c.FamilyName}, {&u.Phone, c.Phone}} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	if c.Email != nil && *c.Email != u.Email {
		u.Email, u.EmailVerified = *c.Email, false
	}
	if c.EmailVerified != nil {
		u.EmailVerified = *c.EmailVerified && u.Email != ""
	}
	if len(c.Attributes) > 0 && u.Attributes == nil {
		u.Attributes = map[string]string{}
	}
	maps.Copy(u.Attributes, c.Attributes)
	maps.DeleteFunc(u.Attributes, func(_, value string) bool { return value == "" })
	if c.Join != "" && !slices.Contains(u.Groups, c.Join) {
		u.Groups = append(u.Groups, c.Join)
	}
	u.Groups = slices.DeleteFunc(u.Groups, func(g string) bool { return c.Leave != "" && g == c.Leave })
}

// SetPassword implements builtin.Users.
func (r residents) SetPassword(ctx context.Context, c builtin.PasswordChange) (connector.AccountValue, error) {
	u, err := r.directory.ChoosePassword(ctx, c.EnvironmentID, c.Account.ID, c.Account.Epoch, c.Password)
	if err != nil || !c.EndSessions {
		return accountOf(u), refused(err)
	}
	var own session.ID // of the zero id there is no session
	if raw, err := base64.RawURLEncoding.DecodeString(c.SessionID); err == nil && len(raw) == len(own) {
		own = session.ID(raw)
	}
	_, err = r.departure.Sessions.EndOthersOfUser(ctx, c.EnvironmentID, u.ID, own, r.departure.Now())
	return accountOf(u), err
}

// ProveEmail implements builtin.Users.
func (r residents) ProveEmail(ctx context.Context, environmentID string, account connector.AccountValue, address string) (connector.AccountValue, error) {
	u, err := r.directory.ProveEmail(ctx, environmentID, account.ID, address)
	if err == nil && (!u.Enabled || u.Epoch != account.Epoch) {
		err = directory.ErrChanged // what the run proved before must not count again
	}
	return accountOf(u), err
}

// Judge implements builtin.Users.
func (r residents) Judge(_ context.Context, username, email, password string) (string, error) {
	return sentences(directory.Weaknesses(directory.User{Username: username, Email: email}, password)), nil
}

// SetEnabled implements builtin.Users.
func (r residents) SetEnabled(ctx context.Context, environmentID, userID string, enabled bool) (connector.AccountValue, error) {
	u, err := r.directory.SetEnabled(ctx, environmentID, userID, enabled)
	if err != nil || enabled {
		return accountOf(u), err
	}
	_, err = r.departure.Sessions.EndAllOfUser(ctx, environmentID, userID, r.departure.Now())
	return accountOf(u), err
}

// Delete implements builtin.Users.
func (r residents) Delete(ctx context.Context, account connector.AccountValue, environmentID string) error {
	_, err := r.departure.Delete(ctx, environmentID, account.ID)
	return err
}

// refused turns what the directory does not take into what a flow can tell the person.
func refused(err error) error {
	var weak *directory.WeakPasswordError
	var invalid *directory.InvalidError
	switch {
	case errors.As(err, &weak):
		return &builtin.Refused{Why: builtin.WeakPassword, Reason: sentences(weak.Reasons)}
	case errors.Is(err, directory.ErrExists):
		return &builtin.Refused{Why: builtin.NameTaken, Reason: "This name or address cannot be had."}
	case errors.As(err, &invalid):
		return &builtin.Refused{Why: builtin.InvalidField, Reason: fieldWords[invalid.Field]}
	}
	return err
}

// fieldWords say to the person what cannot be kept.
var fieldWords = map[string]string{
	"username":   "This user name cannot be had: use letters, digits and the signs . _ - @ +.",
	"email":      "This is not an e-mail address.",
	"givenName":  "This given name is too long, or holds characters that are not text.",
	"familyName": "This family name is too long, or holds characters that are not text.",
	"phone":      "This phone number is too long, or holds characters that are not text.",
	"user":       "This is more than can be kept.",
}

func sentences(weaknesses []directory.Weakness) string {
	words := make([]string, len(weaknesses))
	for i, w := range weaknesses {
		words[i] = w.Sentence()
	}
	return strings.Join(words, " ")
}
