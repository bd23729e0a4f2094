package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"vigil/internal/external"
	"vigil/internal/flowhost"
	"vigil/internal/passkey"
)

// passkeys makes what asks for passkeys and judges them.
func (s *Server) passkeys() *passkey.Service {
	return &passkey.Service{
		Keep: flowhost.Keep{KV: s.kv}, Authenticators: s.authenticators(), Account: people{s.Directory}.account, Random: s.options.Random, Log: s.options.Log,
	}
}

// externals makes what signs people on with other providers.
func (s *Server) externals() *external.Service {
	return &external.Service{
		Keep: flowhost.Keep{KV: s.kv}, KV: s.kv, Directory: s.Directory, Account: people{s.Directory}.account, Tenants: s.Tenants,
		Random: s.options.Random, Now: s.options.Now, Log: s.options.Log,
	}
}

// asksPasskeys implements flowhost.Passkeys.
type asksPasskeys struct{ service *passkey.Service }

// Ask implements flowhost.Passkeys.
func (a asksPasskeys) Ask(ctx context.Context, q flowhost.PasskeyQuestion) (json.RawMessage, error) {
	options, err := a.service.Ask(ctx, passkey.Question(q))
	if errors.Is(err, passkey.ErrNoHost) {
		return nil, nil
	}
	return options, err
}

// leads implements flowhost.Externals.
type leads struct{ service *external.Service }

// Begin implements flowhost.Externals.
func (l leads) Begin(ctx context.Context, trip flowhost.Trip) (string, error) {
	return l.service.Begin(ctx, external.Trip(trip))
}

// Returned implements flowhost.Externals.
func (l leads) Returned(ctx context.Context, runID, provider string, query url.Values) (*flowhost.Arrival, error) {
	back, err := l.service.Returned(ctx, runID, provider, query)
	return (*flowhost.Arrival)(back), err
}

// RunOf implements flowhost.Externals.
func (l leads) RunOf(state string) string { return external.RunOf(state) }
