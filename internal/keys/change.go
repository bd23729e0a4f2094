package keys

import (
	"bytes"
	"context"
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

var errChanged = errors.New("keys were changed by somebody else; try again")

// attempts is how often a change begins anew because somebody else was faster.
const attempts = 4

// Rotate lets the next keys of an environment sign as soon as everybody can know them: at once if they are published that long, otherwise
// they are published now and Advance does the rest. Retired keys stay known until everything they signed has died.
func (s *Set) Rotate(ctx context.Context, environmentID string, now time.Time) ([]Event, error) {
	return s.command(ctx, environmentID, change{now: now, order: rotateSoon})
}

// Replace is for keys that somebody stole: fresh ones sign at once, and nothing that was signed before is worth anything any more.
func (s *Set) Replace(ctx context.Context, environmentID string, now time.Time) ([]Event, error) {
	return s.command(ctx, environmentID, change{now: now, order: replaceNow})
}

func (s *Set) command(ctx context.Context, environmentID string, c change) ([]Event, error) {
	if s.rings[environmentID] == nil {
		return nil, fmt.Errorf("rotate keys: unknown environment %q", environmentID)
	}
	events, err := s.change(ctx, environmentID, c)
	if err != nil {
		return nil, fmt.Errorf("rotate keys of environment %q: %w", environmentID, err)
	}
	return events, nil
}

// change looks at the keys of an environment, does what is to be done, and loads the ring.
func (s *Set) change(ctx context.Context, environmentID string, c change) (events []Event, err error) {
	ring := s.rings[environmentID]
	ring.changing.Lock()
	defer ring.changing.Unlock()
	for range attempts {
		if events, err = s.attempt(ctx, environmentID, c); !errors.Is(err, errChanged) {
			return events, err
		}
	}
	return nil, err
}

func (s *Set) attempt(ctx context.Context, environmentID string, c change) ([]Event, error) {
	records, err := s.read(ctx, environmentID)
	if err != nil {
		return nil, err
	}
	w := writing{plan: s.plan(environmentID, c, records)}
	w.run()
	if w.resealed, err = s.reseal(environmentID, records); err != nil {
		return nil, err
	}
	if records[rootName] != nil && len(w.resealed)+len(w.lacks)+len(w.put)+len(w.gone) == 0 {
		if known := s.rings[environmentID].current.Load(); known != nil && known.changes == records[rootName].Changes {
			return nil, nil // reading RSA keys again costs a millisecond each
		}
		return nil, s.take(environmentID, records, c.now)
	}
	if w.root, err = s.root(environmentID, records[rootName], c.now); err != nil {
		return nil, err
	}
	fresh, err := s.make(environmentID, w.lacks)
	if err != nil {
		return nil, err
	}
	var done *plan
	err = s.store.Update(ctx, func(tx kv.Tx) (err error) {
		done, err = s.write(tx, environmentID, c, fresh, &w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store keys: %w", err)
	}
	return done.events, s.load(ctx, environmentID, c.now)
}

// plan begins one for records.
func (s *Set) plan(environmentID string, c change, records map[string]*record) *plan {
	var schedule Schedule
	if s.schedule != nil {
		schedule = s.schedule(environmentID)
	}
	if schedule.Ahead == 0 {
		schedule.Ahead = DefaultAhead
	}
	if schedule.Keep == 0 {
		schedule.Keep = DefaultKeep
	}
	known := maps.Clone(records)
	delete(known, rootName)
	return &plan{change: c, environmentID: environmentID, schedule: schedule, wanted: s.algorithms(environmentID), records: known}
}

// algorithms are those that an environment has keys for: the standard ones, what its applications want besides, and those to encrypt to.
func (s *Set) algorithms(environmentID string) []string {
	algs := standard()
	if s.opening {
		algs = append(algs, opening()...)
	}
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

// make generates keys, all at once since RSA takes long, by algorithm.
func (s *Set) make(environmentID string, algs []string) (map[string]*made, error) {
	found, faults := make([]*made, len(algs)), make([]error, len(algs))
	var wait sync.WaitGroup
	for i, alg := range algs {
		wait.Go(func() {
			k, err := generate(alg, s.newRSA)
			if err == nil {
				found[i] = &made{kid: k.kid}
				found[i].record, err = s.vault.recordOf(environmentID, k)
			}
			faults[i] = err
		})
	}
	wait.Wait()
	fresh := make(map[string]*made, len(algs))
	for i, alg := range algs {
		fresh[alg] = found[i]
	}
	return fresh, errors.Join(faults...)
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

// resealed is a record as it was and as it is to be.
type resealed struct {
	was []byte
	now *record
}

// reseal encrypts the records that lie in the clear, or under an earlier key-encryption key. ErrSealed.
func (s *Set) reseal(environmentID string, records map[string]*record) (map[string]resealed, error) {
	changed := map[string]resealed{}
	if s.vault.aead == nil {
		return changed, nil
	}
	for name, r := range records {
		place := recordKey(environmentID, name)
		secret, current, err := s.vault.open(r, place)
		if err != nil {
			return nil, err
		}
		if current {
			continue
		}
		c := *r
		if err := s.vault.seal(&c, secret, place); err != nil {
			return nil, err
		}
		changed[name] = resealed{r.Secret, &c}
	}
	return changed, nil
}

// writing is what was prepared outside of the transaction.
type writing struct {
	*plan
	root     *record
	resealed map[string]resealed
}

// write makes the plan again on what is stored now, and carries it out. errChanged: a key is needed that was not made.
func (s *Set) write(tx kv.Tx, environmentID string, c change, fresh map[string]*made, w *writing) (*plan, error) {
	records, err := guarded(tx, environmentID)
	if err != nil {
		return nil, err
	}
	again := map[string]*record{}
	for name, r := range w.resealed {
		if current := records[name]; current != nil && bytes.Equal(current.Secret, r.was) {
			sealed := *current
			sealed.Sealed, sealed.Secret = r.now.Sealed, r.now.Secret
			records[name], again[name] = &sealed, &sealed
		}
	}
	p := s.plan(environmentID, c, records)
	p.fresh = fresh
	if p.run(); len(p.lacks) > 0 {
		return nil, errChanged
	}
	maps.Copy(again, p.put)
	for _, kid := range p.gone {
		delete(again, kid)
		if err := tx.Delete(schema.Key, recordKey(environmentID, kid)); err != nil {
			return nil, err
		}
	}
	delete(again, rootName)
	for kid, r := range again {
		if err := put(tx, environmentID, kid, r); err != nil {
			return nil, err
		}
	}
	root := records[rootName]
	if root == nil {
		root = w.root
	}
	return p, guard(tx, environmentID, root)
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
