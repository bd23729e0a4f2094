package keys

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// The schedule of an environment that sets none.
const (
	// DefaultAhead is how long a key is published before it signs: every cache of ours and nearly every one of applications has forgotten by then.
	DefaultAhead = 24 * time.Hour
	// DefaultKeep is how long a retired key stays known: the thirty days for which a session may idle, so that hints of a living session
	// can still be read, and a day.
	DefaultKeep = 31 * 24 * time.Hour
)

// Schedule is when the keys of an environment change.
type Schedule struct {
	// Every is how long a key signs. Zero: until somebody rotates.
	Every time.Duration
	// Ahead is how long a key is published before it signs. Zero: DefaultAhead.
	Ahead time.Duration
	// Keep is the longest life of anything signed here: a retired key stays published and accepted for so long. Zero: DefaultKeep.
	Keep time.Duration
}

// Options of a Set.
type Options struct {
	// KeyEncryptionKey encrypts private keys in the store, 16 bytes or more. Empty: they are stored in the clear; the caller warns.
	KeyEncryptionKey []byte
	// EarlierKeyEncryptionKey opens what was encrypted before KeyEncryptionKey took its place; Open encrypts that anew. Empty: there was none.
	EarlierKeyEncryptionKey []byte
	// Schedule of an environment. Nil: keys change on command only.
	Schedule func(environmentID string) Schedule
	// Algorithms names what the applications of an environment want to be signed with; an algorithm that nobody wants has no key. Nil: ES256,
	// RS256 and EdDSA, which are always there.
	Algorithms func(environmentID string) []string
	// Encryption: there are keys for others to encrypt to, see Ring.Decrypt. False: there are none.
	Encryption bool
	// Random is the source of secrets and nonces. Nil: the system's. Keys always come from the system's.
	Random io.Reader
	// RSA gives RSA keys of 2048 bits, each once, at several calls at a time. Nil: new ones. Tests that open many sets lend theirs.
	RSA func() (*rsa.PrivateKey, error)
}

// Set holds the rings of all environments. Safe for concurrent use.
type Set struct {
	store    kv.Store
	vault    *vault
	random   io.Reader
	newRSA   func() (*rsa.PrivateKey, error)
	schedule func(environmentID string) Schedule
	wanted   func(environmentID string) []string
	opening  bool
	rings    map[string]*Ring
}

// Open reads the keys of the environments and makes what is missing for signing; that takes RSA a moment, at the first start only.
// ErrSealed when the key-encryption key does not fit.
func Open(ctx context.Context, store kv.Store, environments []string, now time.Time, o Options) (*Set, error) {
	s := &Set{
		store: store, schedule: o.Schedule, random: o.Random, newRSA: o.RSA, wanted: o.Algorithms, opening: o.Encryption,
		rings: make(map[string]*Ring, len(environments)),
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	if s.newRSA == nil {
		s.newRSA = newRSA
	}
	var err error
	if s.vault, err = newVault(o.KeyEncryptionKey, o.EarlierKeyEncryptionKey, s.random); err != nil {
		return nil, err
	}
	for _, environmentID := range environments {
		if s.rings[environmentID], err = newRing(); err != nil {
			return nil, err
		}
	}
	_, err = s.each(func(environmentID string) ([]Event, error) {
		return s.change(ctx, environmentID, change{now: now, first: true})
	})
	return s, err
}

// Ring gives the ring of an environment. Nil: it was not among those opened.
func (s *Set) Ring(environmentID string) *Ring { return s.rings[environmentID] }

// Secret derives a secret of an environment for one purpose, see Ring.Secret. The environment is one of those opened.
func (s *Set) Secret(environmentID, purpose string) [32]byte {
	return s.rings[environmentID].Secret(purpose)
}

// Advance does what the schedule wants by now: it publishes keys, lets those sign that are published long enough, retires and forgets; and
// it reads what other processes did. Call it every minute. The events are what happened, even if there was an error with another environment.
func (s *Set) Advance(ctx context.Context, now time.Time) ([]Event, error) {
	return s.each(func(environmentID string) ([]Event, error) { return s.change(ctx, environmentID, change{now: now}) })
}

// Refresh reads the keys again, so that changes by other processes are seen.
func (s *Set) Refresh(ctx context.Context, now time.Time) error {
	_, err := s.each(func(environmentID string) ([]Event, error) {
		ring := s.rings[environmentID]
		ring.changing.Lock()
		defer ring.changing.Unlock()
		return nil, s.load(ctx, environmentID, now)
	})
	return err
}

// Follow reads the keys of those environments again that another process changed. It is cheap where nothing did: call it every second.
func (s *Set) Follow(ctx context.Context, now time.Time) error {
	environments := slices.Sorted(maps.Keys(s.rings))
	for chunk := range slices.Chunk(environments, kv.MaxKeys) {
		roots, changes := make([][]byte, len(chunk)), make([]int, len(chunk))
		for i, environmentID := range chunk {
			roots[i] = recordKey(environmentID, rootName)
		}
		err := s.store.View(ctx, func(r kv.Reader) error {
			values, err := r.GetMany(schema.Key, roots)
			for i, value := range values {
				var root record
				if value != nil && json.Unmarshal(value, &root) == nil {
					changes[i] = root.Changes
				}
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("look for changed keys: %w", err)
		}
		for i, environmentID := range chunk {
			ring := s.rings[environmentID]
			if known := ring.current.Load(); known != nil && known.changes == changes[i] {
				continue
			}
			ring.changing.Lock()
			err := s.load(ctx, environmentID, now)
			ring.changing.Unlock()
			if err != nil {
				return fmt.Errorf("keys of environment %q: %w", environmentID, err)
			}
		}
	}
	return nil
}

// each runs do for all environments at once and joins their events and errors.
func (s *Set) each(do func(environmentID string) ([]Event, error)) ([]Event, error) {
	var wait sync.WaitGroup
	faults, events := make([]error, len(s.rings)), make([][]Event, len(s.rings))
	for i, environmentID := range slices.Sorted(maps.Keys(s.rings)) {
		wait.Go(func() {
			happened, err := do(environmentID)
			if events[i] = happened; err != nil {
				faults[i] = fmt.Errorf("keys of environment %q: %w", environmentID, err)
			}
		})
	}
	wait.Wait()
	var all []Event
	for _, e := range events {
		all = append(all, e...)
	}
	return all, errors.Join(faults...)
}

// load reads an environment's records into its ring.
func (s *Set) load(ctx context.Context, environmentID string, now time.Time) error {
	records, err := s.read(ctx, environmentID)
	if err != nil {
		return err
	}
	return s.take(environmentID, records, now)
}

// take makes records current in the ring of their environment.
func (s *Set) take(environmentID string, records map[string]*record, now time.Time) error {
	snap := &snapshot{}
	for name, r := range records {
		if name == rootName {
			root, _, err := s.vault.open(r, recordKey(environmentID, rootName))
			if err != nil {
				return err
			}
			snap.root, snap.changes = root, r.Changes
			continue
		}
		if r.State == Retired && r.Until <= now.UnixMilli() {
			continue
		}
		k, err := s.vault.keyOf(environmentID, name, r)
		if err != nil {
			return fmt.Errorf("key %q: %w", name, err)
		}
		snap.keys = append(snap.keys, k)
	}
	return s.rings[environmentID].replace(snap)
}

func (s *Set) read(ctx context.Context, environmentID string) (map[string]*record, error) {
	var records map[string]*record
	err := s.store.View(ctx, func(r kv.Reader) (err error) {
		records, err = stored(r, environmentID)
		return err
	})
	return records, err
}
