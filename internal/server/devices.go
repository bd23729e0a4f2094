package server

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"vigil/engine/connector/builtin"
	"vigil/internal/attempts"
	"vigil/internal/device"
	op "vigil/internal/op/device"
	"vigil/internal/tenant"
)

// waiting are the devices that wait for somebody to sign on, as flows see them.
type waiting struct{ desk *op.Desk }

// desk is where their codes are looked up. Whoever guesses is braked as patiently as whoever guesses passwords from one address.
func (s *Server) desk() (*op.Desk, error) {
	policy := attempts.AddressPolicy()
	policy.Limit, policy.Retry = 20, 5
	guesses, err := attempts.New(attempts.Config{Store: s.kv, Now: s.options.Now, Address: policy})
	if err != nil {
		return nil, err
	}
	return &op.Desk{KV: s.kv, Guesses: guesses, Application: func(environmentID, clientID string) *tenant.Application {
		if e := s.Tenants.Environment(environmentID); e != nil {
			return e.Application(clientID)
		}
		return nil
	}}, nil
}

// Find implements builtin.Devices.
func (w waiting) Find(ctx context.Context, guess builtin.CodeGuess) (builtin.DeviceRequest, builtin.GuessAnswer, error) {
	from, err := netip.ParseAddr(guess.IP)
	if err != nil {
		from = netip.Addr{}
	}
	found, locked, err := w.desk.Look(ctx, op.Guess{
		EnvironmentID: guess.EnvironmentID, Code: guess.Code, From: from, Now: guess.Now,
		Ours: func(issuer string) bool { return guess.BaseURL != "" && strings.HasPrefix(issuer, guess.BaseURL+"/") },
	})
	switch {
	case err != nil:
		return builtin.DeviceRequest{}, builtin.GuessWrong, err
	case locked:
		return builtin.DeviceRequest{}, builtin.GuessLocked, nil
	case found == nil:
		return builtin.DeviceRequest{}, builtin.GuessWrong, nil
	}
	return builtin.DeviceRequest{
		ID: found.Key.String(), Code: device.Spell(found.UserCode), ClientID: found.ClientID, Application: found.Application.Name,
		Scopes: strings.Fields(found.Scope), IP: found.IP,
	}, builtin.GuessRight, nil
}

// Deny implements builtin.Devices.
func (w waiting) Deny(ctx context.Context, environmentID, id string, now time.Time) error {
	return w.desk.Deny(ctx, environmentID, id, now)
}
