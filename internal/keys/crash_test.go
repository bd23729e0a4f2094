package keys_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vigil/internal/keys"
	"vigil/internal/store/kv"
)

// dying is a store whose process dies during the next commit: before it, or after it and before anybody hears.
type dying struct {
	kv.Store
	before, after bool
}

var errDied = errors.New("the process died")

// Update implements kv.Store.
func (d *dying) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if d.before {
		return errDied
	}
	if err := d.Store.Update(ctx, fn); err != nil || !d.after {
		return err
	}
	return errDied
}

func TestAChangeThatIsInterruptedHappensOnceOrNotAtAll(t *testing.T) {
	for name, how := range map[string]dying{"before the commit": {before: true}, "after the commit": {after: true}} {
		store := openStore(t)
		first := &dying{Store: store}
		o := keys.Options{Schedule: quarterly(), KeyEncryptionKey: []byte("0123456789abcdef0123456789abcdef")}
		set := open(t, first, o)
		token := sign(t, set.Ring("env"), keys.ES256)
		for _, at := range []time.Duration{89 * day, 90 * day, 121 * day} {
			now := start.Add(at)
			first.before, first.after = how.before, how.after
			if _, err := set.Advance(ctx, now); !errors.Is(err, errDied) {
				t.Fatalf("%s: %v", name, err)
			}
			sign(t, set.Ring("env"), keys.ES256)
			first.before, first.after = false, false
			set = open(t, first, o) // the process comes again
			advance(t, set, now)
			if again := advance(t, set, now); len(again) != 0 {
				t.Errorf("%s, after %v: what was done is done again: %v", name, at, again)
			}
			_, err := set.Ring("env").Verify(token, keys.TypeIDToken)
			if gone := at > 120*day; (err != nil) != gone {
				t.Errorf("%s, after %v: the first token: %v", name, at, err)
			}
		}
		if n := len(set.Ring("env").Describe()); n != 3 {
			t.Errorf("%s: %d keys are left, want one of each algorithm", name, n)
		}
	}
}
