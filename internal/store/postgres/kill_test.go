package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/fixture"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

// The suite's buckets, in the roles of a server's.
var (
	items    = kv.Bucket{Name: "item", Kind: kv.Random}
	users    = kv.Bucket{Name: "user", Kind: kv.Random}
	sessions = kv.Bucket{Name: "session", Kind: kv.Ordered}
	byUser   = kv.Bucket{Name: "sessionByUser", Kind: kv.Random}
	due      = kv.Bucket{Name: "sessionDue", Kind: kv.Ordered}
	feed     = kv.Bucket{Name: "feed", Kind: kv.Log}
)

var errLate = errors.New("fails after writing")

func signOn(tx kv.Tx, id, user string) error {
	return errors.Join(
		tx.Put(sessions, []byte(id), make([]byte, 220)),
		tx.Put(byUser, []byte(user+"\x00"+id), nil),
		tx.Put(due, []byte(id), []byte(user)),
	)
}

func redeem(tx kv.Tx, code string) error {
	held, err := tx.Get(users, []byte(code))
	if err != nil || held != nil {
		return errors.Join(err, errLate)
	}
	return tx.Put(users, []byte(code), []byte("family"))
}

// finish deletes a session and puts three notices.
func finish(tx kv.Tx, id, user string) error {
	held, err := tx.Get(sessions, []byte(id))
	if err != nil || held == nil {
		return errors.Join(err, errLate)
	}
	for i := range 3 {
		if err := tx.Put(items, fmt.Appendf(nil, "%s/%d", id, i), []byte("logout")); err != nil {
			return err
		}
	}
	return errors.Join(
		tx.Delete(sessions, []byte(id)),
		tx.Delete(byUser, []byte(user+"\x00"+id)),
		tx.Delete(due, []byte(id)),
		tx.Append(feed, []byte(id)),
	)
}

// history is what callers were told.
type history struct {
	mu      sync.Mutex
	done    map[string][]string
	refused map[string][]string
	unknown int
}

func (h *history) note(what, id string, err error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err == nil:
		h.done[what] = append(h.done[what], id)
	case errors.Is(err, kv.ErrUnknownOutcome):
		h.unknown++
	default:
		h.refused[what] = append(h.refused[what], id)
	}
	return err == nil
}

// redeemed counts what was acknowledged.
func (h *history) redeemed() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.done["redeem"])
}

// load writes from 16 callers until ctx is done.
func (h *history) load(ctx context.Context, s *Store, round int) {
	var callers sync.WaitGroup
	for caller := range 16 {
		callers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id, user := fmt.Sprintf("%d-%02d-%06d", round, caller, i), fmt.Sprintf("user%d", i%50)
				update := func(fn func(kv.Tx) error) error { return s.Update(context.Background(), fn) }
				h.note("redeem", id, update(func(tx kv.Tx) error { return redeem(tx, id) }))
				if h.note("signon", id, update(func(tx kv.Tx) error { return signOn(tx, id, user) })) && i%3 == 0 {
					h.note("end", id, update(func(tx kv.Tx) error { return finish(tx, id, user) }))
				}
				if i%10 == 0 {
					_ = update(func(tx kv.Tx) error {
						return errors.Join(signOn(tx, "leak"+id, user), tx.Append(feed, []byte("leak")), errLate)
					})
				}
			}
		})
	}
	callers.Wait()
}

// The server is killed under load, as a whole and connection by connection; the store is never opened anew.
func TestKillNine(t *testing.T) {
	server, err := fixture.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := openAt(t, newAddress(t, server))
	h := &history{done: map[string][]string{}, refused: map[string][]string{}}
	for round := 0; round < 3 || h.unknown == 0 && round < 20; round++ {
		ctx, stop := context.WithCancel(t.Context())
		var loading sync.WaitGroup
		before := h.redeemed()
		loading.Go(func() { h.load(ctx, s, round) })
		fixture.Until(t, "there is load", func() bool { return h.redeemed() > before+16 })
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		if round%2 == 0 {
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
		} else if _, err := server.SQL(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vigil'"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Millisecond)
		stop()
		loading.Wait()
		h.survived(t, s)
	}
	if h.unknown == 0 {
		t.Error("no commit was ever in doubt: nothing was killed at work")
	}
	t.Logf("%d redemptions, %d sign-ons and %d endings acknowledged, %d in doubt, %d refused",
		len(h.done["redeem"]), len(h.done["signon"]), len(h.done["end"]), h.unknown, len(h.refused["redeem"])+len(h.refused["signon"])+len(h.refused["end"]))
}

// survived compares the store with what was acknowledged, what was refused, and itself.
func (h *history) survived(t *testing.T, s *Store) {
	t.Helper()
	held := contents(t, s)
	has := func(b kv.Bucket, id string) bool { return held[b.Name][id] }
	for _, id := range h.done["signon"] {
		if has(sessions, id) == has(feed, id) {
			t.Errorf("sign-on %s was acknowledged; now a session: %t, ended: %t", id, has(sessions, id), has(feed, id))
		}
	}
	for _, id := range h.done["redeem"] {
		if !has(users, id) {
			t.Errorf("redemption %s was acknowledged and is lost", id)
		}
	}
	for _, id := range h.done["end"] {
		if !has(feed, id) {
			t.Errorf("ending %s was acknowledged and is lost", id)
		}
	}
	for what, b := range map[string]kv.Bucket{"signon": sessions, "redeem": users, "end": feed} {
		for _, id := range h.refused[what] {
			if has(b, id) {
				t.Errorf("%s of %s was refused and is there", what, id)
			}
		}
	}
	n := len(held["session"])
	if len(held["sessionDue"]) != n || len(held["sessionByUser"]) != n {
		t.Errorf("%d sessions, %d due, %d by user", n, len(held["sessionDue"]), len(held["sessionByUser"]))
	}
	if len(held["item"]) != 3*len(held["feed"]) {
		t.Errorf("%d notices of %d endings", len(held["item"]), len(held["feed"]))
	}
}

// contents gives all keys, and the values of the Log.
func contents(t *testing.T, s *Store) map[string]map[string]bool {
	t.Helper()
	held := map[string]map[string]bool{}
	note := func(b kv.Bucket, key string) {
		if held[b.Name][key] || strings.Contains(key, "leak") {
			t.Errorf("%s %q is there twice, or should not be there at all", b.Name, key)
		}
		held[b.Name][key] = true
	}
	for _, b := range kvtest.Buckets() {
		held[b.Name] = map[string]bool{}
		if b.Kind == kv.Log {
			log, _ := logNow(t, s, "")
			for _, id := range log {
				note(b, id)
			}
			continue
		}
		for from, more := []byte(nil), true; more; {
			var page []kv.Entry
			err := s.View(t.Context(), func(r kv.Reader) (err error) { page, err = r.Scan(b, from, nil, kv.MaxKeys); return err })
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				note(b, string(e.Key))
				from = append(e.Key, 0)
			}
			more = len(page) == kv.MaxKeys
		}
	}
	return held
}
