package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vigil/internal/store/kv"
)

// stranger is a transaction on the server that is no store's.
type stranger struct {
	t  *testing.T
	tx pgx.Tx
}

func newStranger(t *testing.T, a *Address) stranger {
	t.Helper()
	conn, err := a.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stranger{t, tx}
}

func (s stranger) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.tx.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func logNow(t *testing.T, s *Store, after kv.Cursor) (values []string, next kv.Cursor) {
	t.Helper()
	for quiet := 0; quiet < 5; quiet++ {
		entries, on, err := s.Tail(t.Context(), feed, after, kv.MaxKeys)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			values = append(values, string(e.Value))
			quiet = 0
		}
		after = on
		time.Sleep(time.Millisecond)
	}
	return values, after
}

func appendTo(t *testing.T, s *Store, value string) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx kv.Tx) error { return tx.Append(feed, []byte(value)) }); err != nil {
		t.Fatal(err)
	}
}

// A number is taken and not committed yet: what comes after it waits.
func TestAnEntryWaitsForThoseBeforeIt(t *testing.T) {
	a := newAddress(t, shared)
	s := openAt(t, a)
	appendTo(t, s, "one")
	first, cursor := logNow(t, s, "")
	slow := newStranger(t, a)
	slow.exec("SELECT pg_current_xact_id()")
	slow.exec("INSERT INTO feed (value) VALUES ('two')")
	appendTo(t, s, "three")
	meanwhile, cursor := logNow(t, s, cursor)
	if !slices.Equal(first, []string{"one"}) || len(meanwhile) != 0 {
		t.Errorf("at first %q, while the second is open %q", first, meanwhile)
	}
	if err := slow.tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, _ := logNow(t, s, cursor); !slices.Equal(after, []string{"two", "three"}) {
		t.Errorf("then: %q", after)
	}
}

// The transaction that began first ends last. By transactions, its entry would come before what it depends on.
func TestEntriesComeInTheOrderOfCommitsAndNotOfBeginnings(t *testing.T) {
	a := newAddress(t, shared)
	s := openAt(t, a)
	early := newStranger(t, a)
	early.exec("SELECT pg_current_xact_id()")
	for i := range 3 {
		appendTo(t, s, fmt.Sprint("before ", i))
	}
	early.exec("INSERT INTO feed (value) VALUES ('after')")
	if err := early.tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log, _ := logNow(t, s, ""); !slices.Equal(log, []string{"before 0", "before 1", "before 2", "after"}) {
		t.Errorf("%q", log)
	}
}

// Whatever the database gives to transactions that ask for nothing.
func TestALogIsReadByWhatIsCommittedWhateverTheServersIsolation(t *testing.T) {
	_, err := shared.SQL(t.Context(), "ALTER DATABASE postgres SET default_transaction_isolation = 'serializable'")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := shared.SQL(context.Background(), "ALTER DATABASE postgres RESET default_transaction_isolation"); err != nil {
			t.Error(err)
		}
	})
	s := openAt(t, mustParse(t, newAddress(t, shared).pool.ConnString()+"&default_transaction_isolation=serializable"))
	var isolation string
	if err := s.pool.QueryRow(t.Context(), "SHOW transaction_isolation").Scan(&isolation); err != nil || isolation != "read committed" {
		t.Errorf("%q, %v", isolation, err)
	}
}

func TestATransactionThatWasRolledBackHoldsNothingUp(t *testing.T) {
	a := newAddress(t, shared)
	s := openAt(t, a)
	lost := newStranger(t, a)
	lost.exec("SELECT pg_current_xact_id()")
	lost.exec("INSERT INTO feed (value) VALUES ('lost')")
	appendTo(t, s, "kept")
	if err := lost.tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log, _ := logNow(t, s, ""); !slices.Equal(log, []string{"kept"}) {
		t.Errorf("%q", log)
	}
}

func TestACursorBeyondARestoredLogBeginsAnew(t *testing.T) {
	a := newAddress(t, shared)
	s := openAt(t, a)
	for i := range 5 {
		appendTo(t, s, fmt.Sprint(i))
	}
	_, cursor := logNow(t, s, "")
	conn := newStranger(t, a)
	conn.exec("DELETE FROM feed WHERE seq > 2")
	conn.exec("SELECT setval('feed_seq', 2)")
	if err := conn.tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log, _ := logNow(t, s, cursor); !slices.Equal(log, []string{"0", "1"}) {
		t.Errorf("%q", log)
	}
}

func TestOtherNodesAreWoken(t *testing.T) {
	a := newAddress(t, shared)
	here, there := openAt(t, a), openAt(t, a)
	time.Sleep(100 * time.Millisecond)
	for len(there.Wake(feed)) > 0 {
		<-there.Wake(feed)
	}
	for i := range 20 {
		appendTo(t, here, fmt.Sprint(i))
		select {
		case <-there.Wake(feed):
		case <-time.After(time.Minute):
			t.Fatal("nobody was woken")
		}
	}
}

func TestALockThatSomebodyKeepsEndsInAConflict(t *testing.T) {
	a := newAddress(t, shared)
	a.pool.ConnConfig.RuntimeParams["lock_timeout"] = "100ms"
	s := openAt(t, a)
	put := func(tx kv.Tx) error {
		_, err := tx.Get(items, []byte("k"))
		return errors.Join(err, tx.Put(items, []byte("k"), []byte("v")))
	}
	if err := s.Update(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	holder := newStranger(t, a)
	holder.exec("SELECT 1 FROM item FOR UPDATE")
	if err := s.Update(t.Context(), put); !errors.Is(err, kv.ErrConflict) {
		t.Error(err)
	}
	if err := holder.tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), put); err != nil {
		t.Error(err)
	}
}

// In each run somebody else puts the key that the closure found absent.
func TestOtherCallersExhaustAClosure(t *testing.T) {
	s := openNew(t)
	runs := 0
	err := s.Update(t.Context(), func(tx kv.Tx) error {
		runs++
		gone := s.Update(t.Context(), func(tx kv.Tx) error { return tx.Delete(items, []byte("k")) })
		held, err := tx.Get(items, []byte("k"))
		if held != nil {
			t.Errorf("run %d found it", runs)
		}
		there := s.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(items, []byte("k"), nil) })
		return errors.Join(gone, err, there, tx.Put(items, []byte("k"), nil))
	})
	if !errors.Is(err, kv.ErrConflict) || runs != attempts {
		t.Errorf("after %d runs: %v", runs, err)
	}
}

func TestConnectionsStayWithinTheirNumber(t *testing.T) {
	a := mustParse(t, newAddress(t, shared).pool.ConnString()+"&pool_max_conns=2&application_name=few")
	s := openAt(t, a)
	done := make(chan error, 40)
	for i := range cap(done) {
		go func() {
			key := fmt.Appendf(nil, "%d", i)
			err := s.Update(t.Context(), func(tx kv.Tx) error {
				_, err := tx.Get(items, key)
				return errors.Join(err, tx.Put(items, key, nil))
			})
			done <- errors.Join(err, s.View(t.Context(), func(r kv.Reader) error {
				_, one := r.Get(items, key)
				_, all := r.Scan(items, nil, nil, 5)
				_, other := r.Get(users, key)
				return errors.Join(one, all, other)
			}))
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n, err := shared.SQL(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'few'"); err != nil || n > "3" {
		t.Errorf("%s connections, want 2 and the one that listens, %v", n, err)
	}
}
