package flowtest

import (
	"context"
	"maps"
	"slices"

	"vigil/engine/connector/builtin"
)

// agreed is what people agreed to, by a key of its own for consents and acceptances. It is replaced whole.
type agreed struct {
	scopes   map[string][]string
	accepted map[string]builtin.Acceptance
}

// agreements keeps it on a stage.
type agreements struct{ *Stage }

// Consented implements builtin.Agreements.
func (s agreements) Consented(_ context.Context, _, userID, clientID string) ([]string, error) {
	return s.agreed.scopes[userID+"\x00"+clientID], nil
}

// Consent implements builtin.Agreements.
func (s agreements) Consent(_ context.Context, _, userID, clientID string, scopes []string) error {
	next := maps.Clone(s.agreed.scopes)
	if next == nil {
		next = map[string][]string{}
	}
	key := userID + "\x00" + clientID
	next[key] = append(slices.Clone(next[key]), scopes...)
	s.agreed.scopes = next
	return nil
}

// Accepted implements builtin.Agreements.
func (s agreements) Accepted(_ context.Context, _, userID, name string) (*builtin.Acceptance, error) {
	if a, there := s.agreed.accepted[userID+"\x00"+name]; there {
		return &a, nil
	}
	return nil, nil
}

// Accept implements builtin.Agreements.
func (s agreements) Accept(_ context.Context, _, userID, name string, acceptance builtin.Acceptance) error {
	next := maps.Clone(s.agreed.accepted)
	if next == nil {
		next = map[string]builtin.Acceptance{}
	}
	next[userID+"\x00"+name] = acceptance
	s.agreed.accepted = next
	return nil
}

// habitual is how people sign on, by id. It is replaced whole.
type habitual map[string]builtin.Habit

// habits keeps it on a stage, where nobody guesses wrong.
type habits struct{ *Stage }

// Of implements builtin.Habits.
func (s habits) Of(_ context.Context, _, userID string) (builtin.Habit, error) {
	return s.habitual[userID], nil
}

// Change implements builtin.Habits.
func (s habits) Change(_ context.Context, _, userID string, change func(*builtin.Habit)) error {
	h := s.habitual[userID]
	h.Networks, h.Browsers, h.SignOns = slices.Clone(h.Networks), slices.Clone(h.Browsers), slices.Clone(h.SignOns)
	change(&h)
	next := maps.Clone(s.habitual)
	if next == nil {
		next = habitual{}
	}
	next[userID] = h
	s.habitual = next
	return nil
}

// Failures implements builtin.Habits.
func (s habits) Failures(context.Context, string, string) (int, error) { return 0, nil }
