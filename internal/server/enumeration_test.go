package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/internal/config"
	"vigil/internal/directory"
	"vigil/internal/flowhost"
	"vigil/internal/mail"
	"vigil/internal/password"
	"vigil/internal/session"
	"vigil/internal/tenant"
)

// shredder sends no letter.
type shredder struct{}

// Send implements mail.Sender.
func (shredder) Send(_ context.Context, _ *tenant.Mail, letters []mail.Message) []error {
	return make([]error, len(letters))
}

// stranger asks for codes to a name and guesses at them.
type stranger struct {
	t        *testing.T
	registry *connector.Registry
	runs     int
	outcomes []string
}

// newStranger is at a provider where ada has an account.
func newStranger(t *testing.T) *stranger {
	t.Helper()
	text := "data: data\nenvironments:\n- id: home\n  name: Home\n  hosts: [https://sso.example.com]\n  mail: {server: \"127.0.0.1:2525\", tls: none, from: no-reply@example.com}\n"
	cfg, mistakes := config.Parse(filepath.Join(t.TempDir(), "vigil.yaml"), []byte(text), nil)
	if cfg == nil {
		t.Fatal(mistakes)
	}
	s, err := New(t.Context(), Options{Config: cfg, Passwords: password.Cheapest(), RSA: rsaKeys.Next, Letters: shredder{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Directory.Add(t.Context(), directory.User{EnvironmentID: "home", Username: "ada@example.com", Email: "ada@example.com", Enabled: true}, ""); err != nil {
		t.Fatal(err)
	}
	guesses, err := s.guesses()
	if err != nil {
		t.Fatal(err)
	}
	return &stranger{t: t, registry: connector.NewRegistry(builtin.All(builtin.Ports{
		Directory: people{s.Directory}, Keep: flowhost.Keep{KV: s.kv}, Guesses: guesses, Random: rand.Reader, Secret: s.Keys.Secret, Mail: post{s.Mail}, Users: residents{directory: s.Directory},
	})...)}
}

// run begins a sign-on of the stranger's.
func (s *stranger) run() string {
	s.runs++
	return flowhost.SpellRun(session.NewID(time.Now().Add(time.Hour), [16]byte{byte(s.runs)}))
}

// do notes what a step came to, so many times.
func (s *stranger) do(times int, run, name string, inputs map[string]any) {
	s.t.Helper()
	for range times {
		result, err := s.registry.Lookup(name).Run(s.t.Context(), connector.Call{EnvironmentID: "home", RunID: run, Inputs: inputs, Now: time.Now()})
		if err != nil {
			s.t.Fatal(err)
		}
		s.outcomes = append(s.outcomes, result.Outcome)
	}
}

func (s *stranger) send(times int, run, username string) {
	s.t.Helper()
	s.do(times, run, "email.sendCode", map[string]any{"username": username, "subject": "Your code", "text": "{code}"})
}

func (s *stranger) guess(times int, run string) {
	s.t.Helper()
	s.do(times, run, "email.checkCode", map[string]any{"code": connector.NewSecret("nonsense")})
}

// register gives the account that the next step is about, whoever's it is.
func (s *stranger) register(username string) connector.AccountValue {
	s.t.Helper()
	result, err := s.registry.Lookup("user.create").Run(s.t.Context(), connector.Call{EnvironmentID: "home", Now: time.Now(), Inputs: map[string]any{
		"username": username, "email": username, "password": connector.NewSecret("correct horse"),
	}})
	account, _ := result.Output["account"].(connector.AccountValue)
	if err != nil || account.ID == "" {
		s.t.Fatal(result, err)
	}
	return account
}

func TestNobodyLearnsByAskingForCodesAndGuessingWhoHasAnAccount(t *testing.T) {
	for name, tries := range map[string]func(s *stranger, username string){
		"after so many letters that none goes out": func(s *stranger, username string) {
			first := s.run()
			s.send(1, first, username)
			s.guess(5, first)
			s.send(9, s.run(), username)
			s.send(1, first, username)
			s.guess(1, first)
		},
		"after so many guesses that none counts, by another spelling": func(s *stranger, username string) {
			for range 2 {
				run := s.run()
				s.send(1, run, username)
				s.guess(5, run)
			}
			run := s.run()
			s.send(1, run, strings.ToUpper(username[:1])+username[1:])
			s.guess(1, run)
		},
		"after so many letters to another spelling": func(s *stranger, username string) {
			first := s.run()
			s.send(1, first, username)
			s.guess(5, first)
			s.send(9, s.run(), strings.ToUpper(username))
			s.send(1, first, username)
			s.guess(1, first)
		},
		"after so many guesses while registering": func(s *stranger, username string) {
			for _, times := range []int{5, 5, 1} {
				run := s.run()
				account := s.register(username)
				s.do(1, run, "email.sendCode", map[string]any{"account": account, "subject": "Your code", "text": "{code}"})
				s.do(times, run, "email.checkCode", map[string]any{"account": account, "code": connector.NewSecret("nonsense")})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStranger(t)
			tries(s, "ada@example.com")
			somebody := slices.Clone(s.outcomes)
			s.outcomes = nil
			tries(s, "eve@example.com")
			if !slices.Equal(somebody, s.outcomes) || !slices.Contains(somebody, "wrong") {
				t.Errorf("somebody: %s\n nobody: %s", fmt.Sprint(somebody), fmt.Sprint(s.outcomes))
			}
		})
	}
}
