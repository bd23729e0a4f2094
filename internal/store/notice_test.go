package store

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"vigil/internal/session"
	"vigil/internal/store/bolt"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
)

// ended is a store of a session that ended and of what its end owes.
func ended(t *testing.T) (kv.Store, []*Notice, time.Time) {
	t.Helper()
	file, err := bolt.Open(filepath.Join(t.TempDir(), "vigil.db"), schema.All(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	s, at := sample(), time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	e := Ending{Reason: TimedOut, At: at, Keep: func(string, string) bool { return false }, Owed: func(s *session.Session) (owed []Addressee) {
		for _, a := range s.Applications {
			owed = append(owed, Addressee{ClientID: a, Issuer: s.Origin + "/as"})
		}
		return owed
	}}
	store := kvtest.DoubleRun(t, file)
	update(t, store, func(tx kv.Tx) error { return PutNewSession(tx, s) })
	for range 2 { // ending twice is ending
		update(t, store, func(tx kv.Tx) error {
			_, err := EndSession(tx, s.ID, e)
			return err
		})
	}
	return store, e.Notices(s), at
}

func update(t *testing.T, s kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// keysOf gives the keys of a bucket.
func keysOf(t *testing.T, s kv.Store, b kv.Bucket) (keys [][]byte) {
	t.Helper()
	err := s.View(t.Context(), func(r kv.Reader) error {
		entries, err := r.Scan(b, nil, nil, kv.MaxKeys)
		keys = nil
		for _, e := range entries {
			keys = append(keys, bytes.Clone(e.Key))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestAnEndingLeavesOneNoticeForEachApplicationAndNothingOfTheSession(t *testing.T) {
	s, owed, at := ended(t)
	if len(owed) != 2 || owed[0].ID == owed[1].ID || owed[0].SID == "" || owed[0].SID != owed[1].SID || owed[0].Reason != TimedOut {
		t.Fatalf("%+v", owed)
	}
	for _, n := range owed {
		k := n.Key(at)
		err := s.View(t.Context(), func(r kv.Reader) error {
			found, err := FindNotice(r, k)
			if err == nil && !reflect.DeepEqual(found, n) {
				t.Errorf("%+v became %+v", n, found)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []kv.Bucket{schema.Session, schema.SessionByUser, schema.SessionDue} {
		if n := len(keysOf(t, s, b)); n != 0 {
			t.Errorf("%d left in %s", n, b.Name)
		}
	}
	if n := len(keysOf(t, s, schema.Outbox)); n != 2 {
		t.Errorf("%d notices wait", n)
	}
}

func TestWhatWasDeliveredIsNeitherPostponedNorBuried(t *testing.T) {
	s, owed, at := ended(t)
	k := owed[0].Key(at)
	update(t, s, func(tx kv.Tx) error { return Delivered(tx, k) })
	update(t, s, func(tx kv.Tx) error { return Postpone(tx, k, owed[0], at.Add(time.Hour)) })
	update(t, s, func(tx kv.Tx) error { return Bury(tx, k, owed[0], at) })
	if waiting, dead := keysOf(t, s, schema.Outbox), keysOf(t, s, schema.Dead); len(waiting) != 1 || len(dead) != 0 {
		t.Errorf("%d wait, %d are dead", len(waiting), len(dead))
	}
}

func TestANoticeWaitsInOnePlaceOnly(t *testing.T) {
	s, owed, at := ended(t)
	k, later := owed[0].Key(at), owed[0].Key(at.Add(time.Hour))
	update(t, s, func(tx kv.Tx) error { return Postpone(tx, k, owed[0], at.Add(time.Hour)) })
	update(t, s, func(tx kv.Tx) error { return Postpone(tx, k, owed[0], at.Add(2*time.Hour)) })
	if later.ID() != owed[0].ID || !later.At().Equal(at.Add(time.Hour)) || len(keysOf(t, s, schema.Outbox)) != 2 {
		t.Errorf("%v at %v, %d keys", later.ID(), later.At(), len(keysOf(t, s, schema.Outbox)))
	}
	var due []NoticeKey
	err := s.View(t.Context(), func(r kv.Reader) (err error) {
		due, err = DueNotices(r, k[0], nil, at.Add(59*time.Minute), 10)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		if d.ID() == owed[0].ID {
			t.Error("it is due before its time")
		}
	}
}

func TestDeadLettersAreForgottenAfterAMonth(t *testing.T) {
	s, owed, at := ended(t)
	update(t, s, func(tx kv.Tx) error { return Bury(tx, owed[0].Key(at), owed[0], at) })
	for _, c := range []struct{ days, left int }{{29, 1}, {31, 0}} {
		_, err := Forget(t.Context(), s, at.Add(time.Duration(c.days)*24*time.Hour), 100)
		if n := len(keysOf(t, s, schema.Dead)); err != nil || n != c.left {
			t.Errorf("after %d days: %d, %v", c.days, n, err)
		}
	}
}

// FuzzNotice: what is read from the store is written as it was read.
func FuzzNotice(f *testing.F) {
	whole, err := json.Marshal(&Notice{EnvironmentID: "env", ClientID: "app", Issuer: "https://sso.example.com/as", UserID: "u", SID: "s", Reason: Deleted, Attempts: 3})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"ended":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, value []byte) {
		n, err := decodeNotice(NoticeID{1}, value)
		if err != nil {
			return
		}
		encoded, err := json.Marshal(n)
		if err != nil {
			return // a year that JSON has no spelling for
		}
		if again, err := decodeNotice(NoticeID{1}, encoded); err != nil || !reflect.DeepEqual(again, n) {
			t.Errorf("%v: %+v became %+v", err, n, again)
		}
	})
}
