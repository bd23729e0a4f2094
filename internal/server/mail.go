package server

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"vigil/engine/connector/builtin"
	"vigil/internal/attempts"
	"vigil/internal/directory"
	"vigil/internal/mail"
)

// openOutbox makes what keeps letters until they have left.
func (s *Server) openOutbox() (err error) {
	o := s.options
	s.Mail, err = mail.New(mail.Options{
		KV: s.kv, Tenants: s.Tenants, Secret: s.Keys.Secret, Sender: o.Letters, Now: o.Now, Random: o.Random, Log: o.Log,
	})
	return err
}

// post is the outbox as flows see it.
type post struct{ outbox *mail.Outbox }

// Send implements builtin.Mail.
func (p post) Send(ctx context.Context, l builtin.Letter) (taken bool, err error) {
	return p.outbox.Send(ctx, mail.Letter{
		EnvironmentID: l.EnvironmentID, To: l.To, Account: counted(l.Account), Subject: l.Subject, Text: l.Text, GoodUntil: l.GoodUntil,
	})
}

// counted is what letters and guesses are counted under: all spellings of a name are one, whether it is somebody's or not.
func counted(account string) string {
	if name, named := strings.CutPrefix(account, builtin.Named); named {
		return builtin.Named + directory.Guessed(name)
	}
	return account
}

// guessing counts wrong guesses at codes as those at passwords are counted: by account, and by address together with them.
type guessing struct{ counter *attempts.Counter }

func (s *Server) guesses() (guessing, error) {
	counter, err := attempts.New(attempts.Config{Store: s.kv, Now: s.options.Now, Name: attempts.NamePolicy(), Address: attempts.AddressPolicy()})
	return guessing{counter}, err
}

// Try implements builtin.Guesses.
func (g guessing) Try(ctx context.Context, guess builtin.Guess, check func() (bool, error)) (builtin.GuessAnswer, error) {
	from, err := netip.ParseAddr(guess.IP)
	if err != nil {
		from = netip.Addr{}
	}
	// No name that people type has a zero byte in it.
	ticket, err := g.counter.Reserve(ctx, attempts.Guess{Environment: guess.EnvironmentID, Name: guess.Kind + "\x00" + counted(guess.Account), From: from})
	var locked *attempts.LockedError
	switch {
	case errors.As(err, &locked):
		return builtin.GuessLocked, nil
	case err != nil:
		return builtin.GuessWrong, err
	}
	right, err := check()
	switch {
	case err != nil:
		return builtin.GuessWrong, errors.Join(err, g.counter.Release(context.WithoutCancel(ctx), ticket))
	case right:
		return builtin.GuessRight, g.counter.Succeeded(ctx, ticket)
	}
	return builtin.GuessWrong, g.counter.Failed(context.WithoutCancel(ctx), ticket)
}

// nameOf is what people know an environment by.
func (s *Server) nameOf(environmentID string) string {
	if e := s.Tenants.Environment(environmentID); e != nil {
		return e.Name
	}
	return ""
}
