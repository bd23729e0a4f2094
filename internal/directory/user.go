package directory

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// User is somebody in the directory of one environment. Times are UTC, to the millisecond.
type User struct {
	ID            string // the subject of tokens; never changes
	EnvironmentID string
	Username      string // unique in its environment, whatever the case
	Email         string // may be empty, may be shared
	EmailVerified bool   // somebody showed that mail to Email reaches them
	// EmailClaimed: nobody but the user says that Email is theirs, so it leads to no account. What an operator entered is no claim.
	EmailClaimed bool
	GivenName    string
	FamilyName   string
	Phone        string
	Enabled      bool
	Groups       []string
	Attributes   map[string]string

	PasswordHash       string    `json:"-"` // PHC string; empty: no password is right
	PasswordChanged    time.Time // zero: never had one
	MustChangePassword bool      // the password is right, but only good for choosing another
	Epoch              uint64    // from 1; goes up when earlier proofs stop counting

	// Newcomer: nobody proved to be this user yet. No name leads here, and it is forgotten unless somebody does so: see Register.
	Newcomer bool
	// Leaving: the user is being deleted. No name leads here any more: see Leave.
	Leaving bool

	CreatedAt time.Time
	UpdatedAt time.Time
}

// stored is User as it is written.
type stored struct {
	ID            string            `json:"-"`
	EnvironmentID string            `json:"-"`
	Username      string            `json:"username"`
	Email         string            `json:"email,omitempty"`
	EmailVerified bool              `json:"emailVerified,omitempty"`
	EmailClaimed  bool              `json:"emailClaimed,omitempty"`
	GivenName     string            `json:"givenName,omitempty"`
	FamilyName    string            `json:"familyName,omitempty"`
	Phone         string            `json:"phone,omitempty"`
	Enabled       bool              `json:"enabled"`
	Groups        []string          `json:"groups,omitempty"`
	Attributes    map[string]string `json:"attributes,omitempty"`

	PasswordHash       string    `json:"passwordHash,omitempty"`
	PasswordChanged    time.Time `json:"passwordChanged,omitzero"`
	MustChangePassword bool      `json:"mustChangePassword,omitempty"`
	Epoch              uint64    `json:"epoch"`

	Newcomer bool `json:"newcomer,omitempty"`
	Leaving  bool `json:"leaving,omitempty"`

	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// LogValue keeps everything but the identifiers out of logs.
func (u User) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", u.ID), slog.String("environment", u.EnvironmentID))
}

func (u User) encode() ([]byte, error) {
	value, err := json.Marshal(stored(u))
	if err == nil && len(value) > maxRecord {
		return nil, &InvalidError{"user", fmt.Sprintf("takes %d bytes, at most %d", len(value), maxRecord)}
	}
	return value, err
}

func decode(environment, id string, value []byte) (User, error) {
	var s stored
	if err := json.Unmarshal(value, &s); err != nil {
		return User{}, fmt.Errorf("decode user %q: %w", id, err)
	}
	s.ID, s.EnvironmentID = id, environment
	return User(s), nil
}

// leading is the address by which the user is found. Empty: none.
func (u *User) leading() string {
	if u.EmailClaimed {
		return ""
	}
	return u.Email
}

// clone gives a copy that shares nothing with u.
func (u User) clone() User {
	u.Groups, u.Attributes = slices.Clone(u.Groups), maps.Clone(u.Attributes)
	return u
}

// InvalidError says which field of a user cannot be stored.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + " " + e.Reason }

const (
	maxID     = 64       // bytes
	maxName   = 255      // bytes, of user names and e-mail addresses
	maxText   = 256      // bytes, of other fields
	maxRecord = 32 << 10 // bytes
)

// check gives what is wrong with u, nil when nothing is.
func (u User) check() error {
	if err := errors.Join(checkID("environment id", u.EnvironmentID), checkID("user id", u.ID)); err != nil {
		return err
	}
	if _, err := fold(u.Username); err != nil {
		return &InvalidError{"username", err.Error()}
	}
	if err := checkEmail(u.Email); err != nil {
		return err
	}
	for field, text := range map[string]string{"givenName": u.GivenName, "familyName": u.FamilyName, "phone": u.Phone} {
		if len(text) > maxText || !plain(text) {
			return &InvalidError{field, fmt.Sprintf("is longer than %d bytes or holds characters that are not text", maxText)}
		}
	}
	return nil
}

// checkID: OIDC Core 2: a subject has at most 255 ASCII characters. Ours are shorter, for they are parts of keys.
func checkID(field, id string) error {
	if id == "" || len(id) > maxID || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return &InvalidError{field, fmt.Sprintf("needs 1 to %d visible ASCII characters", maxID)}
	}
	return nil
}

func checkEmail(email string) error {
	if email == "" {
		return nil
	}
	at := strings.LastIndexByte(email, '@')
	if _, err := fold(email); err != nil || at < 1 || at == len(email)-1 {
		return &InvalidError{"email", "is not an e-mail address"}
	}
	return nil
}

func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

var errName = errors.New("is empty, too long, or holds characters that names do not have")

// fold gives the form in which names and e-mail addresses are compared: RFC 8265 3.3, the UsernameCaseMapped profile.
func fold(name string) (string, error) {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return "", errName
	}
	for range 4 { // RFC 8265 3.3: the rules may have to be applied more than once until nothing changes
		folded, err := precis.UsernameCaseMapped.String(name)
		if err != nil || folded == "" || len(folded) > maxName {
			return "", errName
		}
		if folded == name {
			return folded, nil
		}
		name = folded
	}
	return "", errName
}
