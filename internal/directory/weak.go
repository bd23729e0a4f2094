package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"vigil/internal/password"
)

// Weakness is a reason to refuse a new password.
type Weakness string

// The reasons.
const (
	TooShort  Weakness = "tooShort"
	Unusable  Weakness = "unusable"
	IsName    Weakness = "isName"
	IsPresent Weakness = "isPresent"
)

// Sentence tells the person who chose the password.
func (w Weakness) Sentence() string {
	switch w {
	case TooShort:
		return fmt.Sprintf("Use at least %d characters.", password.MinLength)
	case IsName:
		return "Use something else than your name."
	case IsPresent:
		return "Use another password than the present one."
	default:
		return "This password cannot be used: it is too long or holds control characters."
	}
}

// ErrWeakPassword is what every *WeakPasswordError is.
var ErrWeakPassword = errors.New("password is too weak")

// WeakPasswordError refuses a new password. It never holds the password.
type WeakPasswordError struct{ Reasons []Weakness }

func (e *WeakPasswordError) Error() string {
	var reasons []string
	for _, w := range e.Reasons {
		reasons = append(reasons, string(w))
	}
	return ErrWeakPassword.Error() + ": " + strings.Join(reasons, ", ")
}

// Is makes errors.Is find ErrWeakPassword.
func (e *WeakPasswordError) Is(target error) bool { return target == ErrWeakPassword }

// hash judges a new password for u and hashes it.
func (d *Directory) hash(ctx context.Context, u User, chosen string) (string, error) {
	if err := weaknesses(u, chosen); err != nil {
		return "", err
	}
	hash, err := d.Passwords.Hash(ctx, chosen)
	if errors.Is(err, password.ErrUnusable) {
		return "", &WeakPasswordError{[]Weakness{Unusable}}
	}
	return hash, err
}

func weaknesses(u User, chosen string) error {
	if len(chosen) > password.MaxLength {
		return &WeakPasswordError{[]Weakness{Unusable}}
	}
	chosen = norm.NFC.String(chosen)
	var reasons []Weakness
	if utf8.RuneCountInString(chosen) < password.MinLength {
		reasons = append(reasons, TooShort)
	}
	local, _, _ := strings.Cut(u.Email, "@")
	isName := func(name string) bool { return name != "" && strings.EqualFold(norm.NFC.String(name), chosen) }
	if slices.ContainsFunc([]string{u.Username, u.Email, local}, isName) {
		reasons = append(reasons, IsName)
	}
	if reasons != nil {
		return &WeakPasswordError{reasons}
	}
	return nil
}
