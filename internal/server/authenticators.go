package server

import (
	"context"
	"errors"

	"vigil/engine/connector/builtin"
	"vigil/internal/authenticator"
	"vigil/internal/directory"
	"vigil/internal/store/kv"
)

// registered is what people registered, as flows see it.
type registered struct{ store *authenticator.Store }

func (s *Server) authenticators() registered {
	return registered{&authenticator.Store{
		KV: s.kv, Secret: s.Keys.Secret, Now: s.options.Now, Random: s.options.Random,
		Guard: func(r kv.Reader, environmentID, userID string) error {
			_, err := directory.Get(r, environmentID, userID)
			return err
		},
	}}
}

// List implements builtin.Authenticators.
func (r registered) List(ctx context.Context, environmentID, userID string) ([]builtin.Authenticator, error) {
	all, err := r.store.List(ctx, environmentID, userID)
	list := make([]builtin.Authenticator, len(all))
	for i := range all {
		list[i] = builtin.Authenticator(all[i])
	}
	return list, asPort(err)
}

// Add implements builtin.Authenticators.
func (r registered) Add(ctx context.Context, environmentID, userID string, a builtin.Authenticator) (builtin.Authenticator, error) {
	added, err := r.store.Add(ctx, environmentID, userID, authenticator.Authenticator(a))
	return builtin.Authenticator(added), asPort(err)
}

// Change implements builtin.Authenticators.
func (r registered) Change(ctx context.Context, environmentID, userID, id string, change func(*builtin.Authenticator) error) error {
	return asPort(r.store.Change(ctx, environmentID, userID, id, func(a *authenticator.Authenticator) error {
		return change((*builtin.Authenticator)(a))
	}))
}

// Remove implements builtin.Authenticators.
func (r registered) Remove(ctx context.Context, environmentID, userID, id string) error {
	return asPort(r.store.Remove(ctx, environmentID, userID, id))
}

// asPort names the errors that capabilities tell apart.
func asPort(err error) error {
	switch {
	case errors.Is(err, authenticator.ErrNotFound):
		return builtin.ErrNoAuthenticator
	case errors.Is(err, authenticator.ErrFull):
		return builtin.ErrTooMany
	}
	return err
}
