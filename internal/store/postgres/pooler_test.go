package postgres

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"vigil/internal/fixture"
	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

func startPooler(t *testing.T, further ...string) *fixture.PgBouncer {
	t.Helper()
	b, err := fixture.StartPgBouncer(shared, further...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestPostgresKeepsTheContractBehindAPoolerInTransactionMode(t *testing.T) {
	b := startPooler(t)
	withoutDeadlocks(t)
	kvtest.Run(t, func(t *testing.T) kv.Store {
		return openAt(t, mustParse(t, b.Address(fmt.Sprintf("pooled_%d", schemas.Add(1)))+"&pooler=transaction"))
	})
}

func TestTwoServersBehindAPoolerLoseNothingOfEachOther(t *testing.T) {
	b := startPooler(t)
	address := b.Address(fmt.Sprintf("pooled_%d", schemas.Add(1))) + "&pooler=transaction"
	one, other := openAt(t, mustParse(t, address)), openAt(t, mustParse(t, address))
	var nodes sync.WaitGroup
	for _, s := range []*Store{one, other} {
		nodes.Go(func() {
			for range 200 {
				err := s.Update(t.Context(), func(tx kv.Tx) error {
					held, err := tx.Get(sessions, []byte("count"))
					if err != nil {
						return err
					}
					return tx.Put(sessions, []byte("count"), append(held, 'x'))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	nodes.Wait()
	err := other.View(t.Context(), func(r kv.Reader) error {
		held, err := r.Get(sessions, []byte("count"))
		if len(held) != 400 {
			t.Errorf("400 additions make %d", len(held))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAPoolerThatTheAddressDoesNotNameIsNamedWithWhatHelps(t *testing.T) {
	_, err := Open(t.Context(), mustParse(t, startPooler(t).Address("unnamed")), kvtest.Buckets(), Options{})
	if err == nil || !strings.Contains(err.Error(), addPooler) {
		t.Errorf("one that refuses settings: %v", err)
	}
	silent := startPooler(t, "ignore_startup_parameters = search_path,statement_timeout,lock_timeout,idle_in_transaction_session_timeout,plan_cache_mode,"+
		"enable_seqscan,enable_bitmapscan,enable_hashjoin,enable_mergejoin,jit,default_transaction_isolation")
	s, err := Open(t.Context(), mustParse(t, silent.Address("unnamed")), kvtest.Buckets(), Options{})
	if err == nil {
		defer func() { _ = s.Close() }()
		var nodes sync.WaitGroup
		said := make([]error, 16)
		for i := range said {
			nodes.Go(func() {
				for n := range 20 {
					if said[i] == nil {
						said[i] = s.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(sessions, fmt.Append(nil, i, n), []byte("v")) })
					}
				}
			})
		}
		nodes.Wait()
		for _, e := range said {
			if e != nil {
				err = e
			}
		}
	}
	if err == nil || !strings.Contains(err.Error(), addPooler) {
		t.Errorf("one that drops settings: %v", err)
	}
}

func TestBehindAPoolerTheDatabaseHasToSetWhatASessionWould(t *testing.T) {
	b := startPooler(t)
	for query, says := range map[string]string{
		"&pooler=session":                          "wanted pooler=transaction",
		"&pooler=transaction&statement_timeout=1s": "statement_timeout: behind a pooler it is set in the database",
	} {
		if _, err := ParseAddress(b.Address("x") + query); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", query, err)
		}
	}
	for setting, value := range map[string]string{"default_transaction_isolation": "'repeatable read'", "synchronous_commit": "off"} {
		if _, err := shared.SQL(t.Context(), "ALTER ROLE vigil SET "+setting+" = "+value); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), mustParse(t, startPooler(t).Address("x")+"&pooler=transaction"), kvtest.Buckets(), Options{})
		if err == nil || !strings.Contains(err.Error(), `ALTER ROLE "vigil" SET `+setting+" = ") {
			t.Errorf("%s: %v", setting, err)
		}
		if _, err := shared.SQL(t.Context(), "ALTER ROLE vigil RESET "+setting); err != nil {
			t.Fatal(err)
		}
	}
}
