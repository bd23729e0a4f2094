package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vigil/engine/diag"
	"vigil/internal/admin"
	"vigil/internal/config"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/postgres"
	"vigil/internal/store/schema"
)

// patience is how long to wait for another command that has the database.
const patience = 3 * time.Second

// errServed: a server has the store, and answers on its socket.
var errServed = errors.New("a server has the store")

// openStore opens the store for a command. It waits for another command, but not for a server on this data folder: errServed.
func openStore(ctx context.Context, cfg *config.Config) (kv.Store, error) {
	if cfg.Store != "" {
		return openDatabase(ctx, cfg)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	path := filepath.Join(cfg.Data, config.Database)
	file, err := openFile(path, bolt.Options{})
	if !errors.Is(err, bolt.ErrLocked) {
		return file, err
	}
	if _, gone := os.Stat(filepath.Join(cfg.Data, admin.Socket)); gone == nil {
		return nil, errServed
	}
	return openFile(path, bolt.Options{LockTimeout: patience})
}

func openFile(path string, o bolt.Options) (kv.Store, error) {
	file, err := bolt.Open(path, schema.All(), o)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// openDatabase asks a server on this machine first: it knows what only servers count. Other servers on the database need not know of a command.
func openDatabase(ctx context.Context, cfg *config.Config) (kv.Store, error) {
	if admin.Answers(cfg.Data) {
		return nil, errServed
	}
	address, err := postgres.ParseAddress(cfg.Store)
	if err != nil {
		return nil, fmt.Errorf("read store: %w", err)
	}
	s, err := postgres.Open(ctx, address, schema.All(), postgres.Options{})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// checkStore says what is wrong with the address of the store, as far as that can be known without asking for it.
func checkStore(cfg *config.Config) []diag.Diagnostic {
	if cfg.Store == "" {
		return nil
	}
	at := cfg.At("store")
	address, err := postgres.ParseAddress(cfg.Store)
	if err != nil {
		return []diag.Diagnostic{{Severity: diag.Error, Rule: "store", Summary: "the store cannot be used: " + err.Error(), Subject: at}}
	}
	if address.Unverified() {
		return []diag.Diagnostic{{
			Severity: diag.Warning, Rule: "store", Summary: "the store is reached over a network without a proof of which server answers", Subject: at,
			Hint: "add sslmode=verify-full to the address, and sslrootcert=FILE if its authority is your own",
		}}
	}
	return nil
}

// made tells whether a database holds all tables: opening it makes none then.
func made(ctx context.Context, cfg *config.Config) bool {
	address, err := postgres.ParseAddress(cfg.Store)
	if err != nil {
		return false
	}
	report, err := address.Probe(ctx, schema.All())
	return err == nil && report.Missing == 0
}

// reachStore connects to the store as serve would, and changes nothing. The text says what is there.
func reachStore(ctx context.Context, cfg *config.Config) (string, []diag.Diagnostic) {
	address, err := postgres.ParseAddress(cfg.Store)
	if err != nil {
		return "", nil // said already
	}
	report, err := address.Probe(ctx, schema.All())
	if err != nil {
		return "", []diag.Diagnostic{{
			Severity: diag.Error, Rule: "store", Summary: err.Error(), Subject: cfg.At("store"), Hint: "vigil check --offline does not ask for the store",
		}}
	}
	secured, ready := "without TLS", "ready"
	if report.TLS {
		secured = "by TLS"
	}
	if report.Missing > 0 {
		ready = fmt.Sprintf("%s will be made at the start", count(report.Missing, "table"))
	}
	return fmt.Sprintf("the store %s is PostgreSQL %s, reached %s: %s.", address, report.Version, secured, ready), nil
}
