package server

import (
	"bytes"
	"context"
	"net/netip"

	"vigil/engine/connector/builtin"
	"vigil/internal/attempts"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// agreements implements builtin.Agreements.
type agreements struct{ kv kv.Store }

// Consented implements builtin.Agreements.
func (a agreements) Consented(ctx context.Context, environmentID, userID, clientID string) (scopes []string, err error) {
	err = a.kv.View(ctx, func(r kv.Reader) (err error) {
		scopes, err = store.Consent(r, environmentID, userID, clientID)
		return err
	})
	return scopes, err
}

// Consent implements builtin.Agreements.
func (a agreements) Consent(ctx context.Context, environmentID, userID, clientID string, scopes []string) error {
	return a.kv.Update(ctx, func(tx kv.Tx) error { return store.AddConsent(tx, environmentID, userID, clientID, scopes) })
}

// Accepted implements builtin.Agreements.
func (a agreements) Accepted(ctx context.Context, environmentID, userID, name string) (*builtin.Acceptance, error) {
	var last *store.Agreement
	err := a.kv.View(ctx, func(r kv.Reader) (err error) {
		last, err = store.AgreementOf(r, environmentID, userID, name)
		return err
	})
	if err != nil || last == nil {
		return nil, err
	}
	return &builtin.Acceptance{Version: last.Version, ClientID: last.ClientID, At: last.At}, nil
}

// Accept implements builtin.Agreements.
func (a agreements) Accept(ctx context.Context, environmentID, userID, name string, accepted builtin.Acceptance) error {
	return a.kv.Update(ctx, func(tx kv.Tx) error {
		return store.PutAgreement(tx, environmentID, userID, name, store.Agreement{Version: accepted.Version, At: accepted.At.UTC(), ClientID: accepted.ClientID})
	})
}

// habits implements builtin.Habits.
type habits struct {
	kv       kv.Store
	attempts *attempts.Counter
}

// Of implements builtin.Habits.
func (h habits) Of(ctx context.Context, environmentID, userID string) (builtin.Habit, error) {
	var habit builtin.Habit
	err := h.kv.View(ctx, func(r kv.Reader) error {
		stored, err := store.HabitOf(r, environmentID, userID)
		habit = habitOf(stored)
		return err
	})
	return habit, err
}

// Change implements builtin.Habits.
func (h habits) Change(ctx context.Context, environmentID, userID string, change func(*builtin.Habit)) error {
	return h.kv.Update(ctx, func(tx kv.Tx) error {
		stored, err := store.HabitOf(tx, environmentID, userID)
		if err != nil {
			return err
		}
		habit := habitOf(stored)
		change(&habit)
		return store.PutHabit(tx, environmentID, userID, store.Habit{
			Networks: seenOf(habit.Networks), Browsers: seenOf(habit.Browsers), SignOns: habit.SignOns,
		})
	})
}

// Failures implements builtin.Habits.
func (h habits) Failures(ctx context.Context, environmentID, address string) (int, error) {
	from, err := netip.ParseAddr(address)
	if err != nil {
		return 0, nil //nolint:nilerr // an unknown address has no failures
	}
	return h.attempts.FailuresFrom(ctx, environmentID, from)
}

func habitOf(h store.Habit) builtin.Habit {
	return builtin.Habit{Networks: sightsOf(h.Networks), Browsers: sightsOf(h.Browsers), SignOns: h.SignOns}
}

func sightsOf(seen []store.Seen) []builtin.Sight {
	sights := make([]builtin.Sight, len(seen))
	for i := range seen {
		sights[i] = builtin.Sight{Digest: bytes.Clone(seen[i].Digest), At: seen[i].At}
	}
	return sights
}

func seenOf(sights []builtin.Sight) []store.Seen {
	seen := make([]store.Seen, len(sights))
	for i := range sights {
		seen[i] = store.Seen(sights[i])
	}
	return seen
}
