package store

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

// recordsOf the nth bucket: none, some, or more than one page.
func recordsOf(n int) int { return n % 8 * 90 }

// full is a store with records in every bucket, some of them empty and some large.
func full(t *testing.T) kv.Store {
	t.Helper()
	s := kvtest.NewWeak(schema.All(), 3)
	if err := Migrate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for n, b := range schema.All() {
		for begin := 0; begin < recordsOf(n); begin += 50 {
			update(t, s, func(tx kv.Tx) error {
				for i := begin; i < min(begin+50, recordsOf(n)); i++ {
					size := i % 10
					if i%60 == 0 {
						size = kv.MaxValue
					}
					if b.Kind == kv.Log {
						if err := tx.Append(b, fmt.Appendf(nil, "%d", i)); err != nil {
							return err
						}
						continue
					}
					if err := tx.Put(b, fmt.Appendf(nil, "%s %d", b.Name, i), make([]byte, size)); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	return s
}

func TestACopyHoldsWhatTheOriginalHolds(t *testing.T) {
	from, to := full(t), kvtest.NewWeak(schema.All(), 4)
	records := map[string]int{}
	if err := Copy(t.Context(), from, to, func(bucket string, n int) { records[bucket] = n }); err != nil {
		t.Fatal(err)
	}
	for n, b := range schema.All() {
		want := recordsOf(n)
		if b == schema.Meta {
			want++ // its version
		}
		if records[b.Name] != want {
			t.Errorf("%s: %d records, want %d", b.Name, records[b.Name], want)
		}
		original, err := digest(t.Context(), from, b)
		copied, copyErr := digest(t.Context(), to, b)
		if err != nil || copyErr != nil || original != copied || copied.records != want {
			t.Errorf("%s: %d of %d records, %v %v", b.Name, copied.records, want, err, copyErr)
		}
	}
	if err := Migrate(t.Context(), to); err != nil {
		t.Errorf("the copy cannot be served: %v", err)
	}
	if err := Copy(t.Context(), from, to, func(string, int) {}); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a copy onto a store that is used: %v", err)
	}
}

// failing refuses updates after some.
type failing struct {
	kv.Store
	left int
}

var errDisk = errors.New("the disk is full")

func (f *failing) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if f.left--; f.left < 0 {
		return errDisk
	}
	return f.Store.Update(ctx, fn)
}

func TestACopyThatWasBrokenOffIsNotServedAndCanBeRepeated(t *testing.T) {
	from, to := full(t), kvtest.NewWeak(schema.All(), 4)
	for _, after := range []int{1, 5, 40} {
		err := Copy(t.Context(), from, &failing{to, after}, func(string, int) {})
		if !errors.Is(err, errDisk) {
			t.Fatalf("after %d updates: %v", after, err)
		}
		if err := Migrate(t.Context(), to); !errors.Is(err, ErrCopying) {
			t.Errorf("after %d updates it may be served: %v", after, err)
		}
	}
	if err := Copy(t.Context(), from, to, func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	if err := Migrate(t.Context(), to); err != nil {
		t.Error(err)
	}
}

func TestAChangeDuringACopyIsNoticed(t *testing.T) {
	from, to := full(t), kvtest.NewWeak(schema.All(), 4)
	err := Copy(t.Context(), from, to, func(bucket string, _ int) {
		if bucket == schema.User.Name {
			update(t, from, func(tx kv.Tx) error { return tx.Put(schema.User, []byte("late"), nil) })
		}
	})
	if !errors.Is(err, ErrDiffers) {
		t.Errorf("%v", err)
	}
}

func TestAStoreThatIsInUseIsNoPlaceForACopy(t *testing.T) {
	from, to := full(t), kvtest.NewWeak(schema.All(), 4)
	update(t, to, func(tx kv.Tx) error { return tx.Put(schema.Key, []byte("k"), nil) })
	if err := Copy(t.Context(), from, to, func(string, int) {}); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("%v", err)
	}
	if err := Migrate(t.Context(), to); err != nil {
		t.Errorf("it is spoiled: %v", err)
	}
}
