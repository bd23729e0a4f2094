package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

func TestSeveralNodesOpenANewDatabaseAtOnce(t *testing.T) {
	a := newAddress(t, shared)
	var nodes sync.WaitGroup
	for range 8 {
		nodes.Go(func() {
			s, err := Open(t.Context(), a, kvtest.Buckets(), Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = s.Close() }()
			held, err := s.Buckets(t.Context())
			if err != nil || len(held) != len(kvtest.Buckets()) {
				t.Errorf("buckets %q, %v", held, err)
			}
		})
	}
	nodes.Wait()
}

func TestABucketThatIsNewIsMadeAndTheOthersAreKept(t *testing.T) {
	a := newAddress(t, shared)
	old := openAt(t, a)
	if err := old.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(sessions, []byte("k"), []byte("v")) }); err != nil {
		t.Fatal(err)
	}
	fresh := kv.Bucket{Name: "fresh", Kind: kv.Ordered}
	s, err := Open(t.Context(), a, append(kvtest.Buckets(), fresh), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.Update(t.Context(), func(tx kv.Tx) error {
		held, err := tx.Get(sessions, []byte("k"))
		if string(held) != "v" {
			t.Errorf("held %q", held)
		}
		return errors.Join(err, tx.Put(fresh, []byte("k"), nil))
	})
	if held, listErr := s.Buckets(t.Context()); err != nil || listErr != nil || !slices.Contains(held, "fresh") {
		t.Errorf("buckets %q, %v, %v", held, err, listErr)
	}
}

// Nothing that goes wrong shows the password.
func TestWhatIsWrongWithADatabaseIsSaidWithoutThePassword(t *testing.T) {
	sql := func(script string) {
		t.Helper()
		if _, err := shared.SQL(t.Context(), script); err != nil {
			t.Fatal(err)
		}
	}
	sql(`CREATE ROLE guest LOGIN PASSWORD 'hunter2 %@:/'; CREATE ROLE late LOGIN PASSWORD 'hunter2 %@:/'; ALTER ROLE late SET default_transaction_read_only = on;
		CREATE DATABASE ours; REVOKE CREATE ON DATABASE ours FROM PUBLIC;`)
	openAt(t, mustParse(t, shared.Address("taken")))
	openAt(t, mustParse(t, shared.Address("future")))
	sql(`UPDATE future._format SET version = 99`)
	as := func(user, password, database, query string) string {
		u, err := url.Parse(shared.Address("x"))
		if err != nil {
			t.Fatal(err)
		}
		u.User, u.Path, u.RawQuery = url.UserPassword(user, password), "/"+database, "sslmode=disable"+query
		return u.String()
	}
	for name, c := range map[string]struct{ address, says string }{
		"no address":         {"hunter2 %@:/", "not an address of the form"},
		"another scheme":     {"mysql://vigil:hunter2@127.0.0.1/x", "not an address of the form"},
		"bare @ and /":       {"postgres://vigil:hunter2@/x%zz@127.0.0.1/x", "not an address of the form"},
		"bare digits and /":  {"postgres://vigil:42/hunter2@127.0.0.1/x?sslmode=disable", "not an address of the form"},
		"strange sslmode":    {"postgres://vigil:hunter2@127.0.0.1/x?sslmode=perhaps&password=hunter2", "sslmode is invalid"},
		"missing root":       {"postgres://vigil:hunter2@127.0.0.1/x?sslmode=verify-full&sslrootcert=/no/such.pem", "/no/such.pem"},
		"many schemas":       {"postgres://vigil:hunter2@127.0.0.1/x?search_path=a,b", "wanted the name of one schema"},
		"wrong password":     {as("guest", "hunter2", "ours", ""), "password authentication failed"},
		"nobody there":       {"postgres://vigil:hunter2@127.0.0.1:1/x?sslmode=disable", "refused"},
		"no such database":   {as("vigil", shared.Password, "theirs", ""), `database "theirs" does not exist`},
		"may make nothing":   {as("guest", "hunter2 %@:/", "ours", ""), `GRANT CREATE ON DATABASE "ours"`},
		"may not use":        {as("guest", "hunter2 %@:/", "postgres", "&search_path=taken"), `GRANT USAGE ON SCHEMA "taken"`},
		"takes no writes":    {as("late", "hunter2 %@:/", "ours", ""), "read-only"},
		"of a newer program": {shared.Address("future"), "format 99"},
	} {
		var said string
		a, err := ParseAddress(c.address)
		if err == nil {
			var log bytes.Buffer
			var s *Store
			if s, err = Open(t.Context(), a, kvtest.Buckets(), Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}); err == nil {
				_ = s.Close()
			}
			said = log.String() + a.String()
		}
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		said += fmt.Sprint(err)
		for _, secret := range []string{"hunter2", shared.Password, url.QueryEscape(shared.Password), url.PathEscape(shared.Password)} {
			if strings.Contains(said, secret) {
				t.Errorf("%s: the password is in %q", name, said)
			}
		}
	}
}

func mustParse(t *testing.T, text string) *Address {
	t.Helper()
	a, err := ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestWhoMayUseTablesThatOthersMadeNeedsNoRightToMakeAny(t *testing.T) {
	openAt(t, mustParse(t, shared.Address("lent")))
	_, err := shared.SQL(t.Context(), `CREATE ROLE tenant LOGIN PASSWORD 'modest'; GRANT USAGE ON SCHEMA lent TO tenant;
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA lent TO tenant; GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA lent TO tenant;`)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(shared.Address("lent"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("tenant", "modest")
	s := openAt(t, mustParse(t, u.String()))
	err = s.Update(t.Context(), func(tx kv.Tx) error {
		_, err := tx.Get(items, []byte("absent"))
		return errors.Join(err, tx.Put(items, []byte("k"), nil), tx.Append(feed, nil))
	})
	if err != nil {
		t.Error(err)
	}
	if entries, _, err := s.Tail(context.Background(), feed, "", 10); err != nil {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	if _, err := s.Prune(t.Context(), feed, nil, 10); err != nil {
		t.Error(err)
	}
}

func TestAnUnverifiedConnectionIsTold(t *testing.T) {
	for address, want := range map[string]bool{
		"postgres://u:p@127.0.0.1/d":                               false,
		"postgres://u:p@[::1]/d":                                   false,
		"postgres://u:p@localhost/d?sslmode=disable":               false,
		"postgres:///d?host=/var/run/postgresql":                   false,
		"postgres://u:p@db.example.com/d":                          true,
		"postgres://u:p@db.example.com/d?sslmode=disable":          true,
		"postgres://u:p@db.example.com/d?sslmode=require":          true,
		"postgres://u:p@db.example.com/d?sslmode=verify-full":      false,
		"postgres://u:p@127.0.0.1,db.example.com/d?sslmode=prefer": true,
	} {
		if got := mustParse(t, address).Unverified(); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
}
