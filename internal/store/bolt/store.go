package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"vigil/internal/store/kv"
)

// ErrLocked is returned by Open while another process, or another Store of this one, has the file.
var ErrLocked = errors.New("file is in use by another process")

const (
	defaultLockTimeout = 100 * time.Millisecond
	defaultWindow      = 100 * time.Millisecond
)

// Options of Open. The zero value is good for a server.
type Options struct {
	// Logger hears of closures that hold up the writer, and of a disk that can no longer be trusted. Nil: nobody does.
	Logger *slog.Logger
	// LockTimeout is how long Open waits for another process to let go of the file before ErrLocked. Zero: 100 ms.
	LockTimeout time.Duration
	// MapSize is the address space in bytes reserved for the file. A file that outgrows it is mapped anew, which waits for
	// every View. Zero: 16 GiB (1 GiB on 32 bits; on Windows nothing, as the file itself would take the size).
	MapSize int
	// MaxSize in bytes is what the file may grow to; updates beyond it fail. Zero: whatever the disk holds.
	MaxSize int
	// Window is how long what was only put into relaxed buckets may wait for a commit, and so what a power cut may take back. Zero: 100 ms.
	Window time.Duration
}

// Store is an open file. It implements kv.Store.
type Store struct {
	db       *bbolt.DB
	path     string
	logger   *slog.Logger
	window   time.Duration
	declared map[string]kv.Bucket
	wake     map[string]chan struct{} // one per Log bucket

	ahead atomic.Pointer[ahead] // of the file

	queue   chan *request
	closing chan struct{} // closed by Close
	stopped chan struct{} // closed by the writer as the last thing it does
	// the writer's own
	pace     pace
	journal  journal
	light    puts             // what the journal holds
	tx       *bbolt.Tx        // open while the journal holds something. Nil: none
	due      <-chan time.Time // when it is to be committed. Nil: nothing is in the journal
	close    sync.Once
	closeErr error
	broken   atomic.Bool // a commit ended in the unknown: no more writes
}

// Open opens the file at path, makes it (mode 0600) when there is none, and makes the buckets that it lacks.
// Errors: ErrLocked, what the file system says, or that the file is no store.
func Open(path string, buckets []kv.Bucket, opts Options) (*Store, error) {
	s, err := open(path, buckets, opts)
	if err != nil {
		return nil, fmt.Errorf("open store %q: %w", path, err)
	}
	return s, nil
}

func open(path string, buckets []kv.Bucket, opts Options) (*Store, error) {
	info, statErr := os.Stat(path)
	if statErr == nil && info.Mode().IsRegular() && info.Size() > 0 {
		if err := whole(path, info.Size(), opts); err != nil {
			return nil, err
		}
	}
	db, err := openFile(path, bbolt.Options{
		Timeout:         defaulted(opts.LockTimeout, defaultLockTimeout),
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: defaulted(opts.MapSize, defaultMapSize()),
		MaxSize:         opts.MaxSize,
		NoStatistics:    true, // a lock for every View otherwise
	})
	if err != nil {
		return nil, err
	}
	s := &Store{
		db: db, path: path, logger: opts.Logger, window: defaulted(opts.Window, defaultWindow),
		declared: make(map[string]kv.Bucket), wake: make(map[string]chan struct{}),
		journal: journal{path: path + "-journal"},
		queue:   make(chan *request, maxGroup), closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	err = s.declare(buckets)
	if err == nil && errors.Is(statErr, fs.ErrNotExist) {
		err = syncFolder(filepath.Dir(path)) // a new file is only as durable as its name
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go s.write()
	return s, nil
}

// whole refuses a file that was cut short, as by an unfinished copy. bbolt would map pages that are not there and the process
// would die of reading them. Opening for reading looks at the meta pages only.
func whole(path string, size int64, opts Options) error {
	db, err := openFile(path, bbolt.Options{ReadOnly: true, Timeout: defaulted(opts.LockTimeout, defaultLockTimeout)})
	if err != nil {
		return err
	}
	var used int64
	err = db.View(func(tx *bbolt.Tx) error {
		used = tx.Size()
		return nil
	})
	if err == nil && size < used {
		err = fmt.Errorf("file is cut short: %d of %d bytes are there", size, used)
	}
	return errors.Join(err, db.Close())
}

func openFile(path string, options bbolt.Options) (db *bbolt.DB, err error) {
	defer func() {
		if damage := recover(); damage != nil { // bbolt panics over pages that contradict each other
			err = fmt.Errorf("file is damaged: %v", damage)
		}
	}()
	db, err = bbolt.Open(path, 0o600, &options)
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case errors.As(err, &pathErr):
		return nil, pathErr.Err // Open names the path
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("file is not a store: %w", err)
	}
	return db, err
}

// declare makes the missing buckets and takes in what the journal of a process that did not end by Close holds; a file that lacks nothing is
// not written.
func (s *Store) declare(buckets []kv.Bucket) error {
	records, err := s.journal.read()
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	missing, left, last := false, &puts{}, 0
	err = s.db.View(func(tx *bbolt.Tx) error {
		for _, b := range buckets {
			s.declared[b.Name] = b
			if b.Kind == kv.Log && b.Relaxed {
				return fmt.Errorf("bucket %q is a log and cannot be relaxed", b.Name)
			}
			if b.Kind == kv.Log {
				s.wake[b.Name] = make(chan struct{}, 1)
			}
			held := tx.Bucket([]byte(b.Name))
			missing = missing || held == nil || b.Relaxed && held.Sequence() == 0
		}
		left, last = replay(records, tx), tx.ID()
		return nil
	})
	if err == nil && (missing || left.Len() > 0) {
		err = s.db.Update(func(tx *bbolt.Tx) error {
			last = tx.ID()
			return errors.Join(makeBuckets(tx, buckets), left.apply(tx))
		})
	}
	s.ahead.Store(&ahead{base: last, puts: &puts{}})
	if err == nil && records != nil {
		err = s.journal.remove()
	}
	return err
}

// makeBuckets marks each bucket that a journal may name with the instant at which it was made, so that the journal of no other file fits.
func makeBuckets(tx *bbolt.Tx, buckets []kv.Bucket) error {
	for _, b := range buckets {
		made, err := tx.CreateBucketIfNotExists([]byte(b.Name))
		if err == nil && b.Relaxed && made.Sequence() == 0 {
			err = made.SetSequence(uint64(time.Now().UnixNano()))
		}
		if err != nil {
			return fmt.Errorf("make bucket %q: %w", b.Name, err)
		}
	}
	return nil
}

// Buckets names the buckets that the file holds, declared or not, in ascending order.
func (s *Store) Buckets(ctx context.Context) ([]string, error) {
	var names []string
	err := s.view(ctx, func(tx *bbolt.Tx, _ *puts) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			names = append(names, string(name))
			return nil
		})
	})
	return names, err
}

// View runs fn on one snapshot, in the caller's goroutine.
func (s *Store) View(ctx context.Context, fn func(kv.Reader) error) error {
	return s.view(ctx, func(tx *bbolt.Tx, ahead *puts) error { return fn(&reader{store: s, tx: tx, ahead: ahead}) })
}

func (s *Store) view(ctx context.Context, fn func(tx *bbolt.Tx, ahead *puts) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.closing:
		return kv.ErrClosed
	default:
	}
	err := s.snapshot(fn)
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return kv.ErrClosed
	}
	return err
}

// Close commits what is queued and what the journal holds, waits for every View, writes the free list so that the next Open need not scan, and
// lets go of the file. Closing again does nothing and returns the same.
func (s *Store) Close() error {
	s.close.Do(func() {
		close(s.closing)
		<-s.stopped
		err := s.lastCommit()
		if err = errors.Join(err, s.db.Close()); err != nil {
			s.closeErr = fmt.Errorf("close store %q: %w", s.path, err)
		}
	})
	return s.closeErr
}

// lastCommit leaves the journal to the next Open if its commit fails.
func (s *Store) lastCommit() error {
	if s.broken.Load() {
		return s.journal.close()
	}
	s.db.NoFreelistSync = false
	err := s.begin()
	if err == nil {
		err = s.commit()
	}
	if err != nil {
		return errors.Join(err, s.journal.close())
	}
	return s.journal.remove()
}

func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func defaultMapSize() int {
	switch {
	case runtime.GOOS == "windows":
		return 0
	case strconv.IntSize == 32:
		return 1 << 30
	}
	size := int64(16 << 30)
	return int(size)
}

func defaulted[T int | time.Duration](value, zero T) T {
	if value == 0 {
		return zero
	}
	return value
}
