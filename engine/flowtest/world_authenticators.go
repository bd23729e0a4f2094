package flowtest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"vigil/engine/connector/builtin"
)

// owned is what people registered, by person. The lists are replaced whole, so that moments of the past go on holding the old ones.
type owned map[string][]builtin.Authenticator

// authenticators keeps them on a stage.
type authenticators struct{ *Stage }

// with gives a copy in which somebody has another list.
func (o owned) with(userID string, list []builtin.Authenticator) owned {
	next := maps.Clone(o)
	if next == nil {
		next = owned{}
	}
	next[userID] = list
	return next
}

// List implements builtin.Authenticators.
func (s authenticators) List(_ context.Context, _, userID string) ([]builtin.Authenticator, error) {
	return slices.Clone(s.owned[userID]), nil
}

// Add implements builtin.Authenticators.
func (s authenticators) Add(_ context.Context, _, userID string, a builtin.Authenticator) (builtin.Authenticator, error) {
	list := s.owned[userID]
	if len(list) >= 20 {
		return builtin.Authenticator{}, builtin.ErrTooMany
	}
	s.registered++
	a.ID, a.CreatedAt = fmt.Sprintf("%s-%d", a.Kind, s.registered), s.now
	s.owned = s.owned.with(userID, append(slices.Clone(list), a))
	return a, nil
}

// Change implements builtin.Authenticators.
func (s authenticators) Change(_ context.Context, _, userID, id string, change func(*builtin.Authenticator) error) error {
	list := slices.Clone(s.owned[userID])
	at := slices.IndexFunc(list, func(a builtin.Authenticator) bool { return a.ID == id })
	if at < 0 {
		return builtin.ErrNoAuthenticator
	}
	a := list[at]
	a.Data = slices.Clone(a.Data)
	if err := change(&a); err != nil {
		return err
	}
	list[at] = a
	s.owned = s.owned.with(userID, list)
	return nil
}

// Remove implements builtin.Authenticators.
func (s authenticators) Remove(_ context.Context, _, userID, id string) error {
	list := slices.Clone(s.owned[userID])
	at := slices.IndexFunc(list, func(a builtin.Authenticator) bool { return a.ID == id })
	if at < 0 {
		return builtin.ErrNoAuthenticator
	}
	s.owned = s.owned.with(userID, slices.Delete(list, at, at+1))
	return nil
}
