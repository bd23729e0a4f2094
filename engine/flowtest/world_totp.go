package flowtest

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238: the secret of an app in a test
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"vigil/engine/connector/builtin"
	"vigil/engine/run"
)

// guessing counts wrong guesses on a stage: ten lock what is guessed at for the rest of the case.
type guessing struct{ *Stage }

const lockedAfter = 10

// Try implements builtin.Guesses.
func (s guessing) Try(_ context.Context, guess builtin.Guess, check func() (bool, error)) (builtin.GuessAnswer, error) {
	key := guess.Kind + "\x00" + guess.Account
	if s.guesses[key] >= lockedAfter {
		return builtin.GuessLocked, nil
	}
	right, err := check()
	switch {
	case err != nil:
		return builtin.GuessWrong, err
	case right:
		s.guesses = s.guesses.with(key, 0)
		return builtin.GuessRight, nil
	}
	s.guesses = s.guesses.with(key, s.guesses[key]+1)
	return builtin.GuessWrong, nil
}

// tallies are wrong guesses. They are replaced whole.
type tallies map[string]int

func (t tallies) with(key string, count int) tallies {
	next := tallies{key: count}
	for k, v := range t {
		if k != key {
			next[k] = v
		}
	}
	return next
}

// furnish gives somebody the authenticator app and the recovery codes that the test file says.
func (s *Stage) furnish(name string, p *person) {
	list := slices.Clone(s.owned[name])
	if p.totp {
		secret := sha1.Sum([]byte("app of " + name)) //nolint:gosec // as above
		list = append(list, builtin.Authenticator{ID: "totp-" + name, Kind: builtin.KindTOTP, Name: "Authenticator app", CreatedAt: s.now, Data: secret[:]})
	}
	if len(p.recovery) > 0 {
		var digests []byte
		for _, code := range p.recovery {
			key := stageSecret("", "recovery codes")
			mac := hmac.New(sha256.New, key[:])
			mac.Write([]byte(p.account.ID + "\x00" + strings.ReplaceAll(code, "-", "")))
			digests = append(digests, mac.Sum(nil)[:16]...)
		}
		list = append(list, builtin.Authenticator{ID: "recovery-" + name, Kind: builtin.KindRecovery, Name: "Recovery codes", CreatedAt: s.now, Data: digests})
	}
	if len(list) > len(s.owned[name]) {
		s.owned = s.owned.with(name, list)
	}
}

// appCode is what an authenticator app shows now: the one that is just being set up on the page, else somebody's. Who may be left out where only one
// person has an app.
func (s *Stage) appCode(who string) (string, error) {
	if page, ok := s.effect.(run.Page); ok && who == "" {
		if u, err := url.Parse(page.QR); err == nil && u.Scheme == "otpauth" {
			secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
			if err != nil {
				return "", err
			}
			return builtin.TOTP(secret, s.now)
		}
	}
	var secrets [][]byte
	for name := range s.users {
		for _, a := range s.owned[name] {
			if a.Kind == builtin.KindTOTP && (who == "" || who == name) {
				secrets = append(secrets, a.Data)
			}
		}
	}
	if len(secrets) != 1 {
		return "", fmt.Errorf("%d apps could show the code: write = totp.NAME of somebody with totp: true", len(secrets))
	}
	return builtin.TOTP(secrets[0], s.now)
}
