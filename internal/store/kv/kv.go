package kv

import (
	"context"
	"errors"
	"fmt"
)

// Kind tells an engine how the keys of a bucket arrive.
type Kind int

const (
	// Random buckets have keys in no particular order.
	Random Kind = iota
	// Ordered buckets have keys that mostly grow.
	Ordered
	// Log buckets are written by Append, read by Tail and shortened by Prune; the engine gives the keys.
	Log
)

// Bucket names one keyspace. Every bucket is declared once, on the schema page of package store.
type Bucket struct {
	Name string
	Kind Kind
	// Relaxed lets a power cut take back the last tenth of a second of Updates that did nothing but Put into such buckets; the end of the process
	// takes nothing back. What is left is everything up to some Update: whatever became durable, all that was acknowledged before it did too.
	// False for a Log.
	Relaxed bool
}

// Entry is one key with its value. Both are read-only and valid until the closure that got them returns.
type Entry struct{ Key, Value []byte }

// Cursor is a place in a Log bucket, printable so that it can be stored. The zero Cursor is before the first entry.
type Cursor string

// Limits that every engine enforces with ErrTooLarge. An Update whose write was refused fails, even if its closure returns nil.
const (
	MaxKey    = 512      // bytes, at least 1
	MaxValue  = 64 << 10 // bytes
	MaxWrites = 1000     // Put, Delete and Append calls in one Update
	MaxUpdate = 1 << 20  // bytes of keys and values in one Update
	MaxKeys   = 1000     // keys of one GetMany, entries of one Scan
)

// Errors of the contract.
var (
	// ErrConflict: the closure lost against others eight times. Nothing was written; try later.
	ErrConflict = errors.New("store conflict")
	// ErrUnreachable: the server of the store does not answer. Nothing was written; try later. It is an ErrConflict to whoever only tries again.
	ErrUnreachable = fmt.Errorf("store cannot be reached: %w", ErrConflict)
	// ErrTooLarge: a key, value, request or update is beyond the limits.
	ErrTooLarge = errors.New("beyond the limits of the store")
	// ErrReadOnly: the store takes no writes.
	ErrReadOnly = errors.New("store is read-only")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
	// ErrUnknownOutcome: disk or connection died during the commit; the writes may or may not be there.
	ErrUnknownOutcome = errors.New("outcome of the commit is unknown")
)

// TryLater reports whether an error says that nothing was written and that the same may be done later, here or on another server.
func TryLater(err error) bool {
	return errors.Is(err, ErrConflict) || errors.Is(err, ErrReadOnly) || errors.Is(err, ErrClosed)
}

// Reader reads what is committed. A key read twice by one run of a closure has the same value both times.
// Log buckets are not read this way, and a bucket that was not declared when the store was opened is an error.
type Reader interface {
	// Get gives the value of key, or nil when it is absent. An empty value is not nil.
	Get(b Bucket, key []byte) (value []byte, err error)
	// GetMany gives values in the order of keys, nil where absent. At most MaxKeys.
	GetMany(b Bucket, keys [][]byte) (values [][]byte, err error)
	// Scan gives entries with from <= key < to, ascending. A nil from is the start, a nil to the end; limit is 1 to MaxKeys.
	Scan(b Bucket, from, to []byte, limit int) ([]Entry, error)
}

// Tx is one Update in progress. Its reads see its own writes, Scan included.
type Tx interface {
	Reader
	// Put creates or replaces. The engine keeps key and value until the commit: do not reuse the buffers.
	Put(b Bucket, key, value []byte) error
	// Delete removes key; an absent key is no error.
	Delete(b Bucket, key []byte) error
	// Append adds to a Log bucket under a key that the engine gives; Tail shows it, after the commit.
	Append(b Bucket, value []byte) error
}

// Store is an engine. A closure may run any number of times, on any goroutine, its first runs perhaps on a state that is discarded:
// it does no I/O, takes no lock, reads no clock and no randomness, and assigns (never appends) its results to captured variables,
// which are read only after nil was returned.
type Store interface {
	// View runs fn on one snapshot. Keep it short.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn and commits what it wrote: nil means all of it is on disk (see Bucket.Relaxed), an error means none is.
	// At the commit every key that was read and present still holds what was read, and every key that was
	// read absent and then put is still absent. Nothing is promised of keys read absent and not put, nor of keys
	// that appear inside a scanned range, nor that several reads of one run are of one instant; but an error that fn
	// decided from several reads is returned only when they were. A panic of fn is undone and raised again in the caller.
	// A ctx that is done before fn was run for good means that nothing was written; after that it is not looked at.
	Update(ctx context.Context, fn func(Tx) error) error
	// Tail gives entries of a Log bucket after a cursor, in commit order, none ever skipped, and the cursor to go on from.
	// An entry may show some time after its commit. The entries belong to the caller.
	Tail(ctx context.Context, b Bucket, after Cursor, limit int) ([]Entry, Cursor, error)
	// Prune deletes the first keys below to, at most limit (1 to MaxKeys), atomic with nothing. It returns how many.
	// A nil to is the end; for a Log, to is the key of an entry that Tail gave.
	Prune(ctx context.Context, b Bucket, to []byte, limit int) (n int, err error)
	// Wake hints that Tail may have news. Hints may be lost, and each reaches one receiver: a process has one reader per Log.
	// It is nil for a bucket that is no Log.
	Wake(b Bucket) <-chan struct{}
	// Close waits for what is under way. Later calls of the other methods return ErrClosed.
	Close() error
}
