package bolt

import (
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vigil/internal/store/kv"
)

// WriteTo writes a file that holds what had been committed at one instant, while others read and commit on. Until it is done the store does not use
// again what is freed meanwhile, so its file may grow. Errors: kv.ErrClosed, and those of w and of the file system.
func (s *Store) WriteTo(w io.Writer) (n int64, err error) {
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
