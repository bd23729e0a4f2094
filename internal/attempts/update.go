package attempts

import (
	"context"
	"errors"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// rounds is how often a lost update is tried again: many people may share an address, and each of them writes its tally.
const rounds = 20

func (c *Counter) update(ctx context.Context, t Ticket, change func([]tally) bool) error {
	for round, wait := 1, shortestWait; ; round, wait = round+1, min(2*wait, longestWait) {
		err := c.updateOnce(ctx, t, change)
		if !errors.Is(err, kv.ErrConflict) || round == rounds {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// updateOnce lets change alter the tallies of t's subjects, after time has passed over them, and stores them when it says so.
// change runs once for each run of the closure, on fresh tallies.
func (c *Counter) updateOnce(ctx context.Context, t Ticket, change func([]tally) bool) error {
	if len(t.subjects) == 0 {
		return nil
	}
	now := c.c.Now().UnixMilli()
	keys := make([][]byte, 0, 3*len(t.subjects))
	for _, s := range t.subjects {
		keys = append(keys, s.keys(now)...)
	}
	return c.c.Store.Update(ctx, func(tx kv.Tx) error {
		values, err := tx.GetMany(schema.Attempt, keys)
		if err != nil {
			return err
		}
		tallies := make([]tally, len(t.subjects))
		for i := range tallies {
			if tallies[i], err = newest(values[3*i : 3*i+3]); err != nil {
				return err
			}
			tallies[i].advance(now, t.policies[i])
		}
		if !change(tallies) {
			return nil
		}
		for i := range tallies {
			if err := write(tx, keys[3*i:3*i+3], values[3*i:3*i+3], &tallies[i], now); err != nil {
				return err
			}
		}
		return nil
	})
}

func newest(values [][]byte) (tally, error) {
	for i := len(values) - 1; i >= 0; i-- {
		if values[i] != nil {
			return decode(values[i])
		}
	}
	return tally{}, nil
}

// write keeps a tally in one place, the present span's key: an older copy would come back to life when the newer one is deleted.
func write(tx kv.Tx, keys, values [][]byte, t *tally, now int64) error {
	for i, key := range keys {
		switch {
		case i == current && !t.empty(now):
			if err := tx.Put(schema.Attempt, key, t.encode()); err != nil {
				return err
			}
		case values[i] != nil:
			if err := tx.Delete(schema.Attempt, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
