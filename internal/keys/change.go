package keys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

var errChanged = errors.New("keys were changed by somebody else; try again")

// prepare makes sure that an environment has a root secret and a key in the given state for every algorithm, encrypts what is stored in
// the clear although a key-encryption key is known, and loads the ring.
func (s *Set) prepare(ctx context.Context, environmentID string, state State, now time.Time) error {
	records, err := s.read(ctx, environmentID)
	if err != nil {
		return err
	}
	made, err := s.make(environmentID, missing(records, s.algorithms(environmentID), state), state, now)
	if err != nil {
		return err
	}
	if made[rootName], err = s.root(environmentID, records[rootName], now); err != nil {
		return err
	}
	sealed, err := s.reseal(environmentID, records)
	if err != nil {
		return err
	}
	if len(made) > 1 || records[rootName] == nil || len(sealed) > 0 {
		err = s.store.Update(ctx, func(tx kv.Tx) error { return s.merge(tx, environmentID, state, made, sealed) })
		if err != nil {
			return fmt.Errorf("store keys: %w", err)
		}
	}
	return s.load(ctx, environmentID, now)
}

// algorithms are those that an environment signs with: the standard ones, and what its applications want besides.
func (s *Set) algorithms(environmentID string) []string {
	algs := standard()
	if s.wanted == nil {
		return algs
	}
	for _, alg := range s.wanted(environmentID) {
		if !slices.Contains(algs, alg) {
			algs = append(algs, alg)
		}
	}
	return algs
}

// missing lists the algorithms among those wanted without a key in a state.
func missing(records map[string]*record, wanted []string, state State) []string {
	var algs []string
	for _, alg := range wanted {
		if inState(records, alg, state) == "" {
			algs = append(algs, alg)
		}
	}
	return algs
}

// inState gives the name of a key. Empty: there is none.
func inState(records map[string]*record, alg string, state State) string {
	for name, r := range records {
		if r.Alg == alg && r.State == state {
			return name
		}
	}
	return ""
}

// make generates keys, all at once since RSA takes long, and gives their records by name.
func (s *Set) make(environmentID string, algs []string, state State, now time.Time) (map[string]*record, error) {
	made := make([]*key, len(algs))
	faults := make([]error, len(algs))
	var wait sync.WaitGroup
	for i, alg := range algs {
		wait.Add(1)
		go func() {
			defer wait.Done()
			made[i], faults[i] = generate(alg, state, now)
		}()
	}
	wait.Wait()
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	records := make(map[string]*record, len(algs)+1)
	for _, k := range made {
		r, err := s.vault.recordOf(environmentID, k)
		if err != nil {
			return nil, err
		}
		records[k.kid] = r
	}
	return records, nil
}

// root gives the root record, a new one if there is none.
func (s *Set) root(environmentID string, r *record, now time.Time) (*record, error) {
	if r != nil {
		return r, nil
	}
	secret := make([]byte, 32)
	if _, err := io.ReadFull(s.random, secret); err != nil {
		return nil, fmt.Errorf("draw root secret: %w", err)
	}
	r = &record{Created: now.UnixMilli()}
	return r, s.vault.seal(r, secret, recordKey(environmentID, rootName))
}

// reseal encrypts the records that were stored before a key-encryption key was given.
func (s *Set) reseal(environmentID string, records map[string]*record) (map[string]*record, error) {
	sealed := map[string]*record{}
	if s.vault.aead == nil {
		return sealed, nil
	}
	for name, r := range records {
		if r.Sealed {
			continue
		}
		c := *r
		if err := s.vault.seal(&c, r.Secret, recordKey(environmentID, name)); err != nil {
			return nil, err
		}
		sealed[name] = &c
	}
	return sealed, nil
}

// merge writes new keys where they are still missing, and the sealed form of records that are still in the clear.
func (s *Set) merge(tx kv.Tx, environmentID string, state State, made, sealed map[string]*record) error {
	records, err := guarded(tx, environmentID)
	if err != nil {
		return err
	}
	for name, r := range sealed {
		if current := records[name]; current != nil && !current.Sealed {
			c := *current
			c.Sealed, c.Secret = true, r.Secret
			records[name] = &c
			if err := put(tx, environmentID, name, &c); err != nil {
				return err
			}
		}
	}
	absent := map[string]bool{}
	for _, alg := range missing(records, s.algorithms(environmentID), state) {
		absent[alg] = true
	}
	for name, r := range made {
		if absent[r.Alg] {
			if err := put(tx, environmentID, name, r); err != nil {
				return err
			}
		}
	}
	root := records[rootName]
	if root == nil {
		root = made[rootName]
	}
	return guard(tx, environmentID, root)
}

// guarded reads the records of an environment as its root record, which the commit holds fast, knows them: a scan alone may be older.
func guarded(tx kv.Tx, environmentID string) (map[string]*record, error) {
	value, err := tx.Get(schema.Key, recordKey(environmentID, rootName))
	if err != nil {
		return nil, err
	}
	records, err := stored(tx, environmentID)
	if err != nil {
		return nil, err
	}
	root := records[rootName]
	if value == nil && root == nil {
		return records, nil
	}
	var held record
	if value == nil || root == nil || json.Unmarshal(value, &held) != nil || held.Changes != root.Changes {
		return nil, errChanged
	}
	return records, nil
}

// guard reads and rewrites the root record, so that of two changes of a ring one sees the other.
func guard(tx kv.Tx, environmentID string, root *record) error {
	if _, err := tx.Get(schema.Key, recordKey(environmentID, rootName)); err != nil {
		return err
	}
	c := *root
	c.Changes++
	return put(tx, environmentID, rootName, &c)
}

// Rotate lets the next keys of an environment sign, retires those that signed, and publishes new next ones. Retired keys stay known
// until everything they signed has died.
func (s *Set) Rotate(ctx context.Context, environmentID string, now time.Time) error {
	if s.rings[environmentID] == nil {
		return fmt.Errorf("rotate keys: unknown environment %q", environmentID)
	}
	if err := s.prepare(ctx, environmentID, Next, now); err != nil {
		return fmt.Errorf("rotate keys of environment %q: %w", environmentID, err)
	}
	fresh, err := s.make(environmentID, s.algorithms(environmentID), Next, now)
	if err != nil {
		return fmt.Errorf("rotate keys of environment %q: %w", environmentID, err)
	}
	err = s.store.Update(ctx, func(tx kv.Tx) error {
		return s.advance(tx, environmentID, fresh, now)
	})
	if err != nil {
		return fmt.Errorf("rotate keys of environment %q: %w", environmentID, err)
	}
	return s.load(ctx, environmentID, now)
}

// advance moves every key of an environment on in its life and adds the fresh ones.
func (s *Set) advance(tx kv.Tx, environmentID string, fresh map[string]*record, now time.Time) error {
	records, err := guarded(tx, environmentID)
	if err != nil {
		return err
	}
	if records[rootName] == nil || len(missing(records, s.algorithms(environmentID), Next)) > 0 {
		return errChanged
	}
	for name, r := range records {
		switch {
		case r.State == Active:
			r.State, r.Until = Retired, now.Add(s.keep).UnixMilli()
		case r.State == Next:
			r.State = Active
		case r.State == Retired && r.Until <= now.UnixMilli():
			if err := tx.Delete(schema.Key, recordKey(environmentID, name)); err != nil {
				return err
			}
			continue
		default:
			continue
		}
		if err := put(tx, environmentID, name, r); err != nil {
			return err
		}
	}
	for name, r := range fresh {
		if err := put(tx, environmentID, name, r); err != nil {
			return err
		}
	}
	return guard(tx, environmentID, records[rootName])
}
