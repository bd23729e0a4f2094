package postgres

import (
	"fmt"
	"sync/atomic"
	"testing"

	"vigil/internal/fixture"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

func TestPostgresKeepsTheContract(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store { return openNew(t) })
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
