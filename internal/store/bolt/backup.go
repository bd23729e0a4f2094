package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vigil/internal/store/kv"
)

// WriteTo writes a file that holds what had been acknowledged at one instant, while others read and commit on. Until it is done the store does not use
// again what is freed meanwhile, so its file may grow. Errors: kv.ErrClosed, and those of w and of the file system.
func (s *Store) WriteTo(w io.Writer) (n int64, err error) {
	err = s.update(&request{ctx: context.Background(), caller: s.WriteTo, run: func(tx *transaction) error {
		tx.lasting = true // its commit takes with it what only the journal holds
		return nil
	}})
	if err != nil && !errors.Is(err, kv.ErrClosed) {
		s.logger.Warn("a copy of the store lacks the last steps of runs", "store", s.path, "cause", err)
	}
	err = s.db.View(func(tx *bbolt.Tx) (err error) {
		n, err = tx.WriteTo(w)
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return n, kv.ErrClosed
	case err != nil:
		return n, fmt.Errorf("store %q: copy: %w", s.path, err)
	}
	return n, nil
}
