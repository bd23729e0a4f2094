package server

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/config"
	"vigil/internal/directory"
	"vigil/internal/flowhost"
	"vigil/internal/keys"
	"vigil/internal/password"
	"vigil/internal/session"
)

// rsaKeys are lent to all servers of these tests.
var rsaKeys keys.Lent

// factory is a server of one person, and the capabilities over its parts.
type factory struct {
	*Server

	t        *testing.T
	user     connector.UserValue
	registry *connector.Registry
	run      string // whose steps are asked
}

func newFactory(t *testing.T) *factory {
	t.Helper()
	return openFactory(t, "")
}

// openFactory opens a server on a database of others, or on a file of its own. Its person is added unless somebody else did.
func openFactory(t *testing.T, store string) *factory {
	t.Helper()
	text := "data: data\nenvironments:\n- id: home\n  name: Home\n  hosts: [https://sso.example.com]\n  mail: {server: \"127.0.0.1:2525\", tls: none, from: no-reply@example.com}\n"
	if store != "" {
		text = "store: '" + store + "'\n" + text
	}
	cfg, mistakes := config.Parse(filepath.Join(t.TempDir(), "vigil.yaml"), []byte(text), nil)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	s, err := New(t.Context(), Options{Config: cfg, Passwords: password.Cheapest(), RSA: rsaKeys.Next, Letters: shredder{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ada, err := s.Directory.Find(t.Context(), "home", "ada")
	if errors.Is(err, directory.ErrNotFound) {
		ada, err = s.Directory.Add(t.Context(), directory.User{EnvironmentID: "home", Username: "ada", Email: "ada@example.com", Enabled: true}, "correct horse")
	}
	if err != nil {
		t.Fatal(err)
	}
	guesses, err := s.guesses()
	if err != nil {
		t.Fatal(err)
	}
	return &factory{Server: s, t: t, run: flowhost.SpellRun(session.NewID(time.Now().Add(time.Hour), [16]byte{1})), user: connector.UserValue{AccountValue: accountOf(ada)}, registry: connector.NewRegistry(builtin.All(builtin.Ports{
		Directory: people{s.Directory}, Mail: post{s.Mail}, Keep: flowhost.Keep{KV: s.kv}, Authenticators: s.authenticators(), Guesses: guesses, Random: rand.Reader, Secret: s.Keys.Secret, Name: s.nameOf,
	})...)}
}

func (f *factory) ask(name string, inputs map[string]any) connector.Result {
	result, err := f.registry.Lookup(name).Run(context.Background(), connector.Call{
		EnvironmentID: "home", RunID: f.run, Inputs: inputs, Now: time.Now(), Proofs: []connector.Proof{{AccountID: f.user.ID, Method: "otp", At: time.Now()}},
	})
	if err != nil {
		f.t.Errorf("%s: %v", name, err)
	}
	return result
}

// race asks many times at once and counts the successes.
func (f *factory) race(name, code string) int {
	f.t.Helper()
	var right atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if f.ask(name, map[string]any{"account": f.user.AccountValue, "code": connector.NewSecret(code)}).Outcome == "success" {
				right.Add(1)
			}
		})
	}
	all.Wait()
	return int(right.Load())
}

func TestOfManyUsesOfOneCodeAtOnceOneIsRight(t *testing.T) {
	f := newFactory(t)
	codes := strings.Split(f.ask("recovery.create", map[string]any{"user": f.user}).Output["codes"].(connector.SecretValue).Reveal(), "\n")
	if right := f.race("recovery.check", codes[2]); right != 1 {
		t.Errorf("a recovery code was right %d times", right)
	}
	app := []byte("12345678901234567890")
	if _, err := f.authenticators().Add(t.Context(), "home", f.user.ID, builtin.Authenticator{Kind: builtin.KindTOTP, Data: app}); err != nil {
		t.Fatal(err)
	}
	code, err := builtin.TOTP(app, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if right := f.race("totp.check", code); right != 1 {
		t.Errorf("a code of an app was right %d times", right)
	}
}

func TestTenWrongCodesLockTheAppForAWhileWhateverIsTypedThen(t *testing.T) {
	f := newFactory(t)
	app := []byte("12345678901234567890")
	if _, err := f.authenticators().Add(t.Context(), "home", f.user.ID, builtin.Authenticator{Kind: builtin.KindTOTP, Data: app}); err != nil {
		t.Fatal(err)
	}
	check := func(code string) string {
		return f.ask("totp.check", map[string]any{"account": f.user.AccountValue, "code": connector.NewSecret(code)}).Outcome
	}
	for range 10 {
		if outcome := check("nonsense"); outcome != "wrong" {
			t.Fatal(outcome)
		}
	}
	code, err := builtin.TOTP(app, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if outcome := check(code); outcome != "locked" {
		t.Errorf("the eleventh code came to %s", outcome)
	}
}
