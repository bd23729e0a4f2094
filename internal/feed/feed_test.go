package feed_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"vigil/internal/feed"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// eachStore runs a promise on the file and on the weakest store that the contract allows, where each closure runs twice.
func eachStore(t *testing.T, promise func(t *testing.T, s kv.Store)) {
	t.Run("bolt", func(t *testing.T) {
		file, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		promise(t, kvtest.DoubleRun(t, file))
	})
	t.Run("weak", func(t *testing.T) { promise(t, kvtest.NewWeak(schema.All(), 1)) })
}

func reading(t *testing.T, s kv.Store) *feed.Feed {
	f := &feed.Feed{KV: s, Log: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { f.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return f
}

func begin(t *testing.T, s kv.Store, seed byte, at time.Time) *session.Session {
	t.Helper()
	one := &session.Session{ID: session.NewID(at, [16]byte{seed}), EnvironmentID: "env", UserID: "ada", Gen: "abcdefghijklmnopqrstuv", CreatedAt: at, LastActivity: at, IdleTimeout: time.Hour}
	if err := s.Update(t.Context(), func(tx kv.Tx) error { return store.PutNewSession(tx, one) }); err != nil {
		t.Fatal(err)
	}
	return one
}

func end(t *testing.T, s kv.Store, one *session.Session, at time.Time) {
	t.Helper()
	sessions := store.Sessions{KV: s, Keep: func(string, string) bool { return false }}
	if _, err := sessions.End(t.Context(), one.ID, sessions.Ending(store.Deleted, at)); err != nil {
		t.Fatal(err)
	}
}

func wait(t *testing.T, heard *feed.Subscription) {
	t.Helper()
	select {
	case <-heard.News:
	case <-time.After(time.Minute):
		t.Fatal("nothing was heard")
	}
}

func TestWhoeverListensToASessionHearsOfItsEndAndOfNoOther(t *testing.T) {
	eachStore(t, func(t *testing.T, s kv.Store) {
		f := reading(t, s)
		one, other := begin(t, s, 1, start), begin(t, s, 2, start)
		first, second, bystander := f.Subscribe(one.ID), f.Subscribe(one.ID), f.Subscribe(other.ID)
		closed := f.Subscribe(one.ID)
		closed.Close()
		end(t, s, one, start)
		for _, heard := range []*feed.Subscription{first, second} {
			wait(t, heard)
			if news := heard.Ended(); news == nil || news.Reason != store.Deleted || news.Mark != "abcdefgh" || news.EnvironmentID != "env" {
				t.Errorf("heard %+v", news)
			}
		}
		if len(bystander.News) != 0 || bystander.Ended() != nil || len(closed.News) != 0 {
			t.Error("somebody else heard it too")
		}
	})
}

func TestAFlushIsOneEntryAndReachesOtherProcesses(t *testing.T) {
	eachStore(t, func(t *testing.T, s kv.Store) {
		f := reading(t, s)
		sessions := store.Sessions{KV: s}
		var heard []*feed.Subscription
		for seed := range byte(10) {
			one := begin(t, s, seed, start)
			heard = append(heard, f.Subscribe(one.ID))
			sessions.Touch(one.ID, start.Add(time.Minute))
		}
		for range 2 { // the second has nothing to write
			if err := sessions.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, one := range heard {
			wait(t, one)
			if one.Ended() != nil {
				t.Error("an extension is taken for an end")
			}
		}
		if n := len(all(t, s)); n != 1 {
			t.Errorf("%d entries for one flush", n)
		}
	})
}

func all(t *testing.T, s kv.Store) []store.News {
	t.Helper()
	news, _, err := store.ReadNews(t.Context(), s, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return news
}

func TestNewsAreForgottenAfterAnHour(t *testing.T) {
	eachStore(t, func(t *testing.T, s kv.Store) {
		for minute := range 100 {
			at := start.Add(time.Duration(minute) * time.Minute)
			end(t, s, begin(t, s, byte(minute), at), at)
		}
		f := reading(t, s) // it finds what was written before it began
		last := begin(t, s, 200, start)
		heard := f.Subscribe(last.ID)
		now := start.Add(100 * time.Minute)
		end(t, s, last, now)
		wait(t, heard)
		if err := f.Prune(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		left := all(t, s)
		if n := len(left); n < 60 || n > 63 || now.Sub(left[0].At) > 62*time.Minute {
			t.Errorf("%d entries are left, the oldest of %v", n, left[0].At)
		}
	})
}
