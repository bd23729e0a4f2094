package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"vigil/internal/admin"
	"vigil/internal/fixture"
)

// postgresServer is the database server of this package's tests. Nil: no test needed one yet.
var postgresServer *fixture.Postgres

var schemas atomic.Int32

// database gives the address of an empty store.
func database(t *testing.T) string {
	t.Helper()
	if postgresServer == nil {
		var err error
		if postgresServer, err = fixture.StartPostgres(); err != nil {
			t.Fatal(err)
		}
	}
	return postgresServer.Address(fmt.Sprintf("vigil_%d", schemas.Add(1)))
}

// onDatabase is the usual configuration, on a database that stands in a variable.
var onDatabase = strings.Replace(configuration, "data: data\n", "data: data\nstore: ${STORE}\n", 1)

func TestCommandsWorkOnADatabaseWithAServerAndWithout(t *testing.T) {
	b := newBench(t)
	address := database(t)
	b.env = []string{"STORE=" + address} // an operator's shell knows no other secret
	b.write("vigil.yaml", onDatabase)
	b.must("correct horse\n", "user", "add", "ada", "--password-stdin")
	b.must("", "session", "end", "ada")

	far := newBench(t) // another machine
	far.env = append(far.env, b.env...)
	far.write("vigil.yaml", onDatabase)
	server := far.serve()
	for name, from := range map[string]*bench{"beside the server": far, "elsewhere": b} {
		if out := from.must("", "user", "list"); !strings.Contains(out, "ada") || !strings.Contains(out, "grace") {
			t.Errorf("%s:\n%s", name, out)
		}
	}
	b.env = append(b.env, "WEB_SECRET=web-secret-1234", "GRACE=nanosecond-wire")
	for name, from := range map[string]*bench{"beside the server": far, "elsewhere": b} {
		var keys []admin.Key
		if err := json.Unmarshal([]byte(from.must("", "keys", "rotate", "--now", "--json")), &keys); err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			fixture.Until(t, name+": the server knows the key of a command", func() bool {
				_, published := server.get("sso.vigil.localhost:8080", "/as/jwks")
				return strings.Contains(published, k.ID)
			})
		}
	}
	if r := far.run("", "store", "export", "copy.db"); r.code != exitFailed || !strings.Contains(r.err, "pg_dump") {
		t.Errorf("a copy while a server has the database: exit %d, %s", r.code, r.err)
	}
	if r := far.run("", "serve"); r.code != exitFailed || !strings.Contains(r.err, "another server uses this data folder") {
		t.Errorf("a second server in one folder: exit %d, %s", r.code, r.err)
	}
	if code := server.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d\n%s", code, server.log)
	}
	password, _ := mustURL(t, address).User.Password()
	if strings.Contains(server.log.String(), password) || strings.Contains(server.log.String(), url.PathEscape(password)) {
		t.Errorf("the log shows the password:\n%s", server.log)
	}
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestCheckSaysWhetherTheDatabaseCanBeReachedAndWhyNot(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", onDatabase)
	good := mustURL(t, database(t))
	wrong, nowhere, gone, distant := *good, *good, *good, *good
	wrong.User = url.UserPassword("vigil", "hunter2")
	nowhere.Host = "127.0.0.1:1"
	gone.Path = "/gone"
	distant.Host, distant.RawQuery = "db.invalid:5432", ""
	for _, c := range []struct {
		store string
		args  []string
		code  int
		says  string
	}{
		{good.String(), nil, exitDone, "reached without TLS: "},
		{good.String(), nil, exitDone, "tables will be made at the start"}, // a check makes none
		{wrong.String(), nil, exitFailed, "password authentication failed"},
		{nowhere.String(), nil, exitFailed, "refused"},
		{gone.String(), nil, exitFailed, `database "gone" does not exist`},
		{nowhere.String(), []string{"--offline"}, exitDone, "nothing to refuse"},
		{distant.String(), []string{"--offline"}, exitDone, "sslmode=verify-full"},
		{"postgres://vigil:hunter2@127.0.0.1/vigil?sslmode=perhaps", nil, exitFailed, "vigil.yaml:3:8: error: the store cannot be used: "},
		{"file:vigil.db", nil, exitFailed, "no address of PostgreSQL"},
	} {
		b.env = []string{"WEB_SECRET=web-secret-1234", "GRACE=nanosecond-wire", "STORE=" + c.store}
		r := b.run("", append([]string{"check"}, c.args...)...)
		said := r.out + r.err
		if r.code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("want exit %d and %q, got exit %d\n%s", c.code, c.says, r.code, said)
		}
		password, _ := good.User.Password()
		if strings.Contains(said, "hunter2") || strings.Contains(said, password) {
			t.Errorf("the password is shown:\n%s", said)
		}
	}
	b.env[2] = "STORE=" + good.String()
	b.must("", "user", "list")
	if out := b.must("", "check"); !strings.Contains(out, ": ready.") {
		t.Errorf("afterwards:\n%s", out)
	}
}

func TestAFileMovesIntoADatabaseAndBackWithAllThatItHolds(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	b.write("database.yaml", onDatabase)
	b.must("correct horse\n", "user", "add", "ada", "--password-stdin", "--email", "ada@example.com")
	b.env = append(b.env, "STORE="+database(t))
	listed := func(args ...string) string { return b.must("", append(args, "--json")...) }
	keys := listed("keys", "list")

	if r := b.run("", "store", "import"); r.code != exitFailed || !strings.Contains(r.err, "names no store") {
		t.Errorf("without a database: exit %d, %s", r.code, r.err)
	}
	if r := b.run("", "store", "import", "absent.db", "-c", "database.yaml"); r.code != exitFailed || !strings.Contains(r.err, "absent.db") {
		t.Errorf("without a file: exit %d, %s", r.code, r.err)
	}
	server := b.serve()
	if r := b.run("", "store", "import", "-c", "database.yaml"); r.code != exitFailed || !strings.Contains(r.err, "in use") {
		t.Errorf("while a server has the file: exit %d, %s", r.code, r.err)
	}
	server.stop(syscall.SIGTERM)
	users := listed("user", "list") // with those of the configuration
	if out := b.must("", "store", "import", "-c", "database.yaml"); !strings.Contains(out, "copied and compared") {
		t.Error(out)
	}
	if got := listed("user", "list", "-c", "database.yaml"); got != users {
		t.Errorf("users were\n%s\nand are\n%s", users, got)
	}
	if got := listed("keys", "list", "-c", "database.yaml"); got != keys {
		t.Errorf("keys were\n%s\nand are\n%s", keys, got)
	}
	if r := b.run("", "store", "import", "-c", "database.yaml"); r.code != exitFailed || !strings.Contains(r.err, "not empty") {
		t.Errorf("a second time: exit %d, %s", r.code, r.err)
	}

	b.must("", "store", "export", "copy.db", "-c", "database.yaml")
	if r := b.run("", "store", "export", "copy.db", "-c", "database.yaml"); r.code != exitFailed || !strings.Contains(r.err, "there already") {
		t.Errorf("onto a file: exit %d, %s", r.code, r.err)
	}
	back := newBench(t)
	back.write("vigil.yaml", configuration)
	if err := os.MkdirAll(filepath.Join(back.folder, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(b.folder, "copy.db"), filepath.Join(back.folder, "data", "vigil.db")); err != nil {
		t.Fatal(err)
	}
	if got := back.must("", "user", "list", "--json"); got != users {
		t.Errorf("users came back as\n%s", got)
	}
	if code := back.serve().stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d", code)
	}
}
