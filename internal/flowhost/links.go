package flowhost

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/run"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
)

// Links makes the links of flows and keeps the challenges behind them.
type Links struct {
	KV kv.Store
	// Account reads a person. Nil: gone or disabled.
	Account func(ctx context.Context, environmentID, userID string) (*connector.AccountValue, error)
	Random  io.Reader

	made useragent.Budget
}

const (
	linkSecret = 16 // bytes, so that nobody guesses one (RFC 6749 10.10)
	// linkKept is how long an answer is kept behind the expiry, for a page that looked away meanwhile.
	linkKept = time.Hour
)

// Create implements builtin.Links.
func (l *Links) Create(ctx context.Context, link builtin.NewLink) (builtin.Link, error) {
	by, ok := unspell(link.RunID)
	if !ok || link.BaseURL == "" {
		return builtin.Link{}, errors.New("a link outside of a run")
	}
	var random [16 + linkSecret]byte
	if _, err := io.ReadFull(l.Random, random[:]); err != nil {
		return builtin.Link{}, fmt.Errorf("make link: %w", err)
	}
	secret := random[16:]
	c := &store.Challenge{
		ID: session.NewID(link.ExpiresAt.Add(linkKept), [16]byte(random[:16])), EnvironmentID: link.EnvironmentID, Base: link.BaseURL, Run: by,
		Digest: sha256.Sum256(secret), AccountID: link.AccountID,
		Part: link.Opens.Part, PartHash: link.Opens.Hash, Inputs: link.Opens.Inputs, Proves: link.Opens.Proves, ExpiresAt: link.ExpiresAt,
	}
	if from, _ := netip.ParseAddr(link.IP); !l.made.Spend(from, 512+len(c.Inputs), link.Now) {
		return builtin.Link{}, ErrTooMany
	}
	if err := l.KV.Update(ctx, func(tx kv.Tx) error { return store.PutChallenge(tx, c) }); err != nil {
		return builtin.Link{}, fmt.Errorf("keep challenge: %w", err)
	}
	return builtin.Link{
		Challenge: connector.ChallengeValue{ID: spell(c.ID), AccountID: c.AccountID, ExpiresAt: c.ExpiresAt},
		URL:       link.BaseURL + linkPath + "?" + linkParameter + "=" + base64.RawURLEncoding.EncodeToString(append(c.ID[:], secret...)),
	}, nil
}

// Reply implements run.Challenges.
func (l *Links) Reply(ctx context.Context, environmentID string, challenge connector.ChallengeValue, now time.Time) (run.Reply, error) {
	c, err := l.read(ctx, challenge.ID)
	switch {
	case err != nil:
		return run.Reply{}, err
	case c == nil || c.EnvironmentID != environmentID || c.Answer == nil && !now.Before(c.ExpiresAt):
		return run.Reply{State: run.Expired}, nil
	case c.Answer == nil:
		return run.Reply{State: run.Pending}, nil
	case !c.Answer.Approved:
		return run.Reply{State: run.Denied}, nil
	}
	account, err := l.Account(ctx, c.EnvironmentID, c.AccountID)
	switch {
	case err != nil:
		return run.Reply{}, fmt.Errorf("read account: %w", err)
	case account == nil, account.Epoch != c.Answer.Epoch: // gone, or what was proved counts no more
		return run.Reply{State: run.Denied}, nil
	}
	reply := run.Reply{State: run.Approved, Account: *account}
	for _, p := range c.Answer.Proofs {
		reply.Proofs = append(reply.Proofs, connector.Proof{AccountID: c.AccountID, Method: p.Method, At: p.At})
	}
	return reply, nil
}

// read finds a challenge by its spelled id. Nil: there is none.
func (l *Links) read(ctx context.Context, name string) (found *store.Challenge, err error) {
	id, ok := unspell(name)
	if !ok {
		return nil, nil
	}
	err = l.KV.View(ctx, func(r kv.Reader) (err error) {
		found, err = store.FindChallenge(r, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read challenge: %w", err)
	}
	return found, nil
}

// unspellLink reads what stands in a link: whose challenge it is, and the digest of its secret.
func unspellLink(token string) (id store.ChallengeID, digest [sha256.Size]byte, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != session.IDSize+linkSecret {
		return id, digest, false
	}
	return session.ID(raw[:session.IDSize]), sha256.Sum256(raw[session.IDSize:]), true
}

// behind finds the challenge that a link leads to, if it can still be opened here. Nil: it cannot.
func (l *Links) behind(ctx context.Context, base tenant.Base, token string, now time.Time) (found *store.Challenge, err error) {
	id, digest, ok := unspellLink(token)
	if !ok {
		return nil, nil
	}
	err = l.KV.View(ctx, func(r kv.Reader) error {
		c, err := store.FindChallenge(r, id)
		if err != nil || c == nil || subtle.ConstantTimeCompare(digest[:], c.Digest[:]) != 1 || c.Base != base.URL("") || c.EnvironmentID != base.Environment.ID {
			return err
		}
		open, err := openable(r, c, now)
		if open && !c.Opened && c.AccountID != "" {
			c.Inputs = bytes.Clone(c.Inputs)
			found = c
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read link: %w", err)
	}
	return found, nil
}

// openable reports whether an answer still counts: nobody answered, it is not too late, and the run that asked goes on.
func openable(r kv.Reader, c *store.Challenge, now time.Time) (bool, error) {
	if c.Answer != nil || !now.Before(c.ExpiresAt) {
		return false, nil
	}
	asking, err := store.FindRun(r, c.Run)
	return asking != nil && asking.Outcome == nil && now.Before(asking.Expires()), err
}

// take marks a link as opened. False: somebody else was faster, or it is too late.
func (l *Links) take(ctx context.Context, id store.ChallengeID, now time.Time) (first bool, err error) {
	err = l.KV.Update(ctx, func(tx kv.Tx) error {
		first = false
		c, err := store.FindChallenge(tx, id)
		if err != nil || c == nil || c.Opened {
			return err
		}
		if first, err = openable(tx, c, now); err != nil || !first {
			return err
		}
		c.Opened = true
		return store.PutChallenge(tx, c)
	})
	if err != nil {
		return false, fmt.Errorf("open link: %w", err)
	}
	return first, nil
}

// answer writes what the run behind a link came to. False: it came too late. It is to happen in the transaction that ends that run.
func answer(tx kv.Tx, id store.ChallengeID, effect run.Effect, now time.Time) (bool, error) {
	c, err := store.FindChallenge(tx, id)
	if err != nil || c == nil {
		return false, err
	}
	if open, err := openable(tx, c, now); err != nil || !open {
		return false, err
	}
	c.Answer = &store.ChallengeAnswer{}
	if answered, ok := effect.(run.Answered); ok && answered.Approved {
		c.Answer.Approved, c.Answer.Epoch = true, answered.Epoch
		for _, p := range answered.Proofs {
			c.Answer.Proofs = append(c.Answer.Proofs, session.Proof{Method: p.Method, At: p.At})
		}
	}
	return true, store.PutChallenge(tx, c)
}
