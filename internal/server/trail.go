package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"vigil/engine/connector/builtin"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

// trail keeps what flows want to be remembered, and writes it to the log too.
type trail struct {
	kv     kv.Store
	random io.Reader
	log    *slog.Logger
}

// Record implements builtin.Audit.
func (t trail) Record(ctx context.Context, e builtin.AuditEvent) error {
	var random [16]byte
	if _, err := io.ReadFull(t.random, random[:]); err != nil {
		return fmt.Errorf("make audit line: %w", err)
	}
	line := store.Line{
		At: e.At.UTC(), EnvironmentID: e.EnvironmentID, Event: e.Event, UserID: e.AccountID, Text: e.Text, Flow: e.Flow, Node: e.Node,
		ClientID: e.ClientID, Address: e.IP, RunID: e.RunID,
	}
	put := func(tx kv.Tx) error { return store.PutLine(tx, line, random) }
	err := t.kv.Update(ctx, put)
	if errors.Is(err, kv.ErrUnknownOutcome) {
		err = t.kv.Update(ctx, put) // the same line under the same key
	}
	t.log.InfoContext(ctx, "audit", "event", e.Event, "environment", e.EnvironmentID, "flow", e.Flow, "node", e.Node,
		"account", e.AccountID, "text", e.Text, "client", e.ClientID, "from", e.IP)
	return err
}
