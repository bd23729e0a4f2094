package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"vigil/internal/store/kv"
)

// DefaultKeep is how long a retired key stays known: the thirty days for which a session may idle, so that hints of a living session
// can still be read, and a day.
const DefaultKeep = 31 * 24 * time.Hour

// Options of a Set.
type Options struct {
	// KeyEncryptionKey encrypts private keys in the store, 16 bytes or more. Empty: they are stored in the clear; the caller warns.
	KeyEncryptionKey []byte
	// Keep is the longest life of anything signed here: a retired key stays published and accepted for so long. Zero: DefaultKeep.
	Keep time.Duration
	// Algorithms names what the applications of an environment want to be signed with; an algorithm that nobody wants has no key. Nil: ES256,
	// RS256 and EdDSA, which are always there.
	Algorithms func(environmentID string) []string
	// Random is the source of secrets and nonces. Nil: the system's. Signing keys always come from the system's.
	Random io.Reader
}

// Set holds the rings of all environments. Safe for concurrent use.
type Set struct {
	store  kv.Store
	vault  *vault
	keep   time.Duration
	random io.Reader
	wanted func(environmentID string) []string
	rings  map[string]*Ring
}

// Open reads the keys of the environments and makes what is missing for signing; that takes RSA a moment, at the first start only.
// ErrSealed when the key-encryption key does not fit.
func Open(ctx context.Context, store kv.Store, environments []string, now time.Time, o Options) (*Set, error) {
	s := &Set{store: store, keep: o.Keep, random: o.Random, wanted: o.Algorithms, rings: make(map[string]*Ring, len(environments))}
	if s.keep == 0 {
		s.keep = DefaultKeep
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	var err error
	if s.vault, err = newVault(o.KeyEncryptionKey, s.random); err != nil {
		return nil, err
	}
	for _, environmentID := range environments {
		if s.rings[environmentID], err = newRing(); err != nil {
			return nil, err
		}
	}
	return s, s.each(func(environmentID string) error { return s.prepare(ctx, environmentID, Active, now) })
}

// Ring gives the ring of an environment. Nil: it was not among those opened.
func (s *Set) Ring(environmentID string) *Ring { return s.rings[environmentID] }

// Secret derives a secret of an environment for one purpose, see Ring.Secret. The environment is one of those opened.
func (s *Set) Secret(environmentID, purpose string) [32]byte {
	return s.rings[environmentID].Secret(purpose)
}

// Prepare makes the keys that will sign after the next rotation and publishes them. The server calls it once it answers; Rotate does it too.
func (s *Set) Prepare(ctx context.Context, now time.Time) error {
	return s.each(func(environmentID string) error { return s.prepare(ctx, environmentID, Next, now) })
}

// Refresh reads the keys again, so that rotations by other processes are seen and retired keys are forgotten in time. Call it now and then.
func (s *Set) Refresh(ctx context.Context, now time.Time) error {
	return s.each(func(environmentID string) error { return s.load(ctx, environmentID, now) })
}

// each runs do for all environments at once and joins their errors.
func (s *Set) each(do func(environmentID string) error) error {
	var wait sync.WaitGroup
	faults := make([]error, len(s.rings))
	i := 0
	for environmentID := range s.rings {
		wait.Add(1)
		go func(fault *error) {
			defer wait.Done()
			if err := do(environmentID); err != nil {
				*fault = fmt.Errorf("keys of environment %q: %w", environmentID, err)
			}
		}(&faults[i])
		i++
	}
	wait.Wait()
	return errors.Join(faults...)
}

// load reads an environment's records into its ring.
func (s *Set) load(ctx context.Context, environmentID string, now time.Time) error {
	records, err := s.read(ctx, environmentID)
	if err != nil {
		return err
	}
	snap := &snapshot{}
	for name, r := range records {
		if name == rootName {
			root, err := s.vault.open(r, recordKey(environmentID, rootName))
			if err != nil {
				return err
			}
			snap.root = root
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
