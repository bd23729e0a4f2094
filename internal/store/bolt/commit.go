package bolt

import (
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"vigil/internal/store/kv"
)

// begin opens the transaction that groups write to, if none is open. One that was given up had what the journal holds: so has the new one.
func (s *Store) begin() error {
	if s.tx != nil {
		return nil
	}
	tx, err := s.db.Begin(true)
	if err != nil {
		return err
	}
	if err := s.light.apply(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	s.tx = tx
	return nil
}

func (s *Store) rollback() error {
	tx := s.tx
	s.tx = nil
	return tx.Rollback()
}

// note writes a group to the journal and shows it to Views. False: it must be committed.
func (s *Store) note(notes []note) bool {
	base := s.tx.ID() - 1
	if s.journal.size > maxJournal {
		return false
	}
	if err := s.journal.add(base, notes); err != nil {
		s.logger.Warn("store journal cannot be written: committing instead", "journal", s.journal.path, "cause", err)
		return false
	}
	for _, n := range notes {
		s.light.Set(placeOf(n.name, n.key), n.now)
	}
	s.ahead.Store(&ahead{base: base, puts: s.light.frozen()})
	if s.due == nil {
		s.due = time.After(s.window)
	}
	return true
}

// flush commits what the journal holds. Where the disk is full it tries again after a while, unless a group is faster.
func (s *Store) flush() {
	if s.due = nil; s.broken.Load() {
		return
	}
	err := s.begin()
	if err == nil {
		err = s.commit()
	}
	if err != nil {
		s.due = time.After(10 * s.window)
		s.logger.Error("store journal cannot be committed", "store", s.path, "cause", err)
	}
}

// commit commits what is open. The journal begins again.
func (s *Store) commit() error {
	tx := s.tx
	s.tx = nil
	id := tx.ID()
	if err := tx.Commit(); err != nil {
		return s.failed(id, err)
	}
	s.ahead.Store(&ahead{base: id, puts: &puts{}}) // or its memory would stay
	s.light, s.journal.size, s.due = puts{}, 0, nil
	return nil
}

// failed says what the failed commit of bbolt transaction id means. As long as its meta page is not in the file nothing was
// written: the disk was full, perhaps, and the next Update may succeed. Once it is there, whether it survives a power cut
// cannot be known, and a second fsync would claim success without trying: the store takes no more writes until it is opened again.
func (s *Store) failed(id int, cause error) error {
	written := true
	viewErr := s.db.View(func(tx *bbolt.Tx) error {
		written = tx.ID() >= id
		return nil
	})
	if viewErr == nil && !written {
		return fmt.Errorf("store %q: commit: %w", s.path, cause)
	}
	s.broken.Store(true)
	s.logger.Error("store takes no more writes: the last commit may be lost", "store", s.path, "cause", cause)
	return fmt.Errorf("store %q: commit: %w: %w", s.path, kv.ErrUnknownOutcome, cause)
}
