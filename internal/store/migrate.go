package store

import (
	"context"
	"fmt"
	"strconv"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// migration changes a store from the version before it to its own, in one transaction.
type migration func(tx kv.Tx) error

// migrations in order; version n is the store after the first n of them.
func migrations() []migration {
	return []migration{
		begin,
	}
}

// begin is the first version: an empty store.
func begin(kv.Tx) error { return nil }

var versionKey = []byte("version")

// Migrate brings a store to the version of this program, one transaction for each step. It refuses a store that a newer program wrote, and one that
// a copy did not fill: ErrCopying.
func Migrate(ctx context.Context, s kv.Store) error {
	if err := copying(ctx, s); err != nil {
		return err
	}
	return migrate(ctx, s, migrations())
}

func migrate(ctx context.Context, s kv.Store, steps []migration) error {
	for {
		var done bool
		err := s.Update(ctx, func(tx kv.Tx) (err error) {
			done, err = migrateOnce(tx, steps)
			return err
		})
		if err != nil {
			return fmt.Errorf("migrate store: %w", err)
		}
		if done {
			return nil
		}
	}
}

func migrateOnce(tx kv.Tx, steps []migration) (done bool, err error) {
	value, err := tx.Get(schema.Meta, versionKey)
	if err != nil {
		return false, err
	}
	version := 0
	if value != nil {
		if version, err = strconv.Atoi(string(value)); err != nil {
			return false, fmt.Errorf("read version: %w", err)
		}
	}
	switch {
	case version > len(steps):
		return false, fmt.Errorf("it has version %d, this program knows versions up to %d", version, len(steps))
	case version == len(steps):
		return true, nil
	}
	if err := steps[version](tx); err != nil {
		return false, fmt.Errorf("to version %d: %w", version+1, err)
	}
	return false, tx.Put(schema.Meta, versionKey, []byte(strconv.Itoa(version+1)))
}
