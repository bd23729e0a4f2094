package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"vigil/internal/fixture"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

func TestPostgresKeepsTheContract(t *testing.T) {
	withoutDeadlocks(t)
	kvtest.Run(t, func(t *testing.T) kv.Store { return openNew(t) })
}

// withoutDeadlocks fails a test for which the database ended a deadlock: who stood in it waited a second.
func withoutDeadlocks(t *testing.T) {
	t.Helper()
	count := func() string {
		n, err := shared.SQL(context.Background(), "SELECT sum(deadlocks) FROM pg_stat_database")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	t.Cleanup(func() {
		if after := count(); after != before {
			t.Errorf("%s deadlocks, before %s", after, before)
		}
	})
}

var schemas atomic.Int32

// newAddress is a schema that nobody used before.
func newAddress(t testing.TB, server *fixture.Postgres) *Address {
	t.Helper()
	a, err := ParseAddress(server.Address(fmt.Sprintf("test_%d", schemas.Add(1))))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func openNew(t testing.TB) *Store { return openAt(t, newAddress(t, shared)) }

func openAt(t testing.TB, a *Address) *Store {
	t.Helper()
	s, err := Open(t.Context(), a, kvtest.Buckets(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
