package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigil/internal/admin"
	"vigil/internal/config"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
)

func TestUsersAreKeptOnAStoreThatNobodyServes(t *testing.T) {
	b := newBench(t)
	b.env = nil // an operator's shell knows no secrets
	b.write("vigil.yaml", configuration)
	b.must("correct horse\n", "user", "add", "ada", "--password-stdin", "--email", "ada@example.com", "--given-name", "Ada", "--group", "staff", "--group", "poets")
	var users []admin.User
	if err := json.Unmarshal([]byte(b.must("", "user", "list", "--json")), &users); err != nil {
		t.Fatal(err)
	}
	if len(users) != 1 || users[0].Username != "ada" || users[0].Email != "ada@example.com" || strings.Join(users[0].Groups, " ") != "staff poets" {
		t.Errorf("%+v", users)
	}
	b.must("", "user", "disable", "ada")
	if out := b.must("", "user", "list"); !strings.Contains(out, "disabled") {
		t.Error(out)
	}
	b.must("", "user", "enable", "ada@example.com")
	b.must("another horse", "user", "set-password", "ada", "--password-stdin", "--must-change")
	if out := b.must("", "session", "end", "ada"); out != "ada: 0 sessions ended.\n" {
		t.Error(out)
	}
	if out := b.must("", "user", "set-email", "ada", "lovelace@example.com", "--verified"); out != "ada has the address lovelace@example.com, which is verified.\n" {
		t.Error(out)
	}
	if out := b.must("", "user", "factors", "ada"); !strings.HasPrefix(out, "KIND") || strings.Count(out, "\n") != 1 {
		t.Error(out)
	}
	b.must("correct horse", "user", "add", "eve", "--password-stdin")
	if out := b.must("eve\n", "user", "delete", "eve"); out != "eve is deleted; 0 sessions ended.\n" {
		t.Error(out)
	}
	if out := b.must("", "audit", "list"); !strings.HasPrefix(out, "AT") {
		t.Error(out)
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"nobody was deleted", []string{"user", "delete", "ada"}},
		{`there is no user "eve"`, []string{"user", "delete", "eve", "--yes"}},
		{`user "ada" has no factor "totp.AAAA"`, []string{"user", "remove-factor", "ada", "totp.AAAA"}},
		{"exists already", []string{"user", "add", "ADA", "--password-stdin"}},
		{"Use at least 8 characters.", []string{"user", "set-password", "ada", "--password-stdin"}},
		{`there is no user "bob"`, []string{"user", "disable", "bob"}},
		{`there is no environment "two"`, []string{"user", "list", "-e", "two"}},
	} {
		input := "correct horse"
		if strings.Contains(c.says, "at least") {
			input = "short"
		}
		if r := b.run(input, c.args...); r.code != exitFailed || !strings.Contains(r.err, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, r.code, r.err)
		}
	}
}

func TestCommandsReachTheStoreThroughTheServerThatHoldsIt(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	server := b.serve()
	b.env = nil

	if out := b.must("", "user", "list"); !strings.Contains(out, "grace") {
		t.Errorf("the configuration's user is not there:\n%s", out)
	}
	b.must("correct horse\n", "user", "add", "ada", "--password-stdin")
	if out := b.must("", "user", "list"); !strings.Contains(out, "ada") {
		t.Error(out)
	}
	_, before := server.get("sso.vigil.localhost:8080", "/as/jwks")
	var keys []admin.Key
	if err := json.Unmarshal([]byte(b.must("", "keys", "rotate", "--json")), &keys); err != nil {
		t.Fatal(err)
	}
	_, after := server.get("sso.vigil.localhost:8080", "/as/jwks")
	for _, k := range keys {
		if !strings.Contains(after, k.ID) {
			t.Errorf("the server does not publish %s, which is %s", k.ID, k.State)
		}
	}
	if before == after {
		t.Error("the server serves the same keys after the rotation")
	}

	if err := json.Unmarshal([]byte(b.must("", "keys", "rotate", "--now", "--json")), &keys); err != nil {
		t.Fatal(err)
	}
	_, fresh := server.get("sso.vigil.localhost:8080", "/as/jwks")
	for _, k := range keys {
		if k.State != "active" || strings.Contains(after, k.ID) || !strings.Contains(fresh, k.ID) {
			t.Errorf("after a theft: %+v", k)
		}
	}

	if code := server.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d after SIGTERM\n%s", code, server.log)
	}
	if _, err := os.Stat(filepath.Join(b.folder, "data", admin.Socket)); err == nil {
		t.Error("the socket is still there")
	}
	if out := b.must("", "user", "list"); !strings.Contains(out, "ada") {
		t.Errorf("what the server acknowledged is lost:\n%s", out)
	}
	if !strings.Contains(server.log.String(), `msg="key changed by command"`) {
		t.Errorf("what commands did to keys is not in the log:\n%s", server.log)
	}
	if strings.Contains(server.log.String(), "correct horse") || strings.Contains(server.log.String(), "nanosecond") {
		t.Error("a password is in the log")
	}
}

func TestKeysNeedTheKeyThatEncryptsThem(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "keyEncryptionKey: ${KEK}\n"+configuration)
	if r := b.run("", "keys", "list"); r.code != exitFailed || !strings.Contains(r.err, "KEK is not set") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	b.env = append(b.env, "KEK="+strings.Repeat("A", 43))
	if out := b.must("", "keys", "list"); strings.Count(out, "active") != 5 {
		t.Error(out)
	}
	b.env[len(b.env)-1] = "KEK=" + strings.Repeat("B", 42) + "A"
	if r := b.run("", "keys", "list"); r.code != exitFailed {
		t.Errorf("with another key: exit %d\n%s", r.code, r.out)
	}
	if r := b.run("", "serve"); r.code != exitFailed || !strings.Contains(r.err, "written with another keyEncryptionKey") {
		t.Errorf("a server with another key: exit %d\n%s", r.code, r.err)
	}
	b.write("vigil.yaml", configuration)
	if r := b.run("", "serve"); r.code != exitFailed || !strings.Contains(r.err, "there is no keyEncryptionKey") || strings.Contains(r.err, "lie in the clear") {
		t.Errorf("a server without a key: exit %d\n%s", r.code, r.err)
	}
}

func TestSeveralEnvironmentsWantOneNamed(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", "environments:\n  - {id: one, hosts: [https://one.example.com]}\n  - {id: two, hosts: [https://two.example.com]}\n")
	if r := b.run("", "user", "list"); r.code != exitFailed || !strings.Contains(r.err, "--environment") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	b.must("", "user", "list", "--environment", "two")
}

func TestServersDoNotShareAStore(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	first := b.serve()
	if r := b.run("", "serve"); r.code != exitFailed || !strings.Contains(r.err, "in use by another process") {
		t.Errorf("the second server: exit %d\n%s", r.code, r.err)
	}
	if out := b.must("", "user", "list"); !strings.Contains(out, "grace") {
		t.Errorf("the first server's socket is gone:\n%s", out)
	}
	if code := first.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d", code)
	}
}

func TestAHangUpEndsTheServerAsOrderlyAsATermination(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
		b := newBench(t)
		b.write("vigil.yaml", configuration)
		server := b.serve()
		if code := server.stop(signal); code != exitDone || !strings.Contains(server.log.String(), "msg=stopped") {
			t.Errorf("%v: exit %d\n%s", signal, code, server.log)
		}
		if out := b.must("", "user", "list"); !strings.Contains(out, "grace") {
			t.Errorf("%v: afterwards\n%s", signal, out)
		}
	}
}

// sessionOf gives somebody a session in a store that nobody serves.
func (b *bench) sessionOf(user admin.User, realm string, seed byte) {
	b.t.Helper()
	file, err := openStore(b.t.Context(), &config.Config{Data: filepath.Join(b.folder, "data")})
	if err != nil {
		b.t.Fatal(err)
	}
	defer file.Close()
	now := time.Now()
	s := &session.Session{
		ID: session.NewID(now, [16]byte{seed}), EnvironmentID: "one", Origin: "http://sso.vigil.localhost:8080", Realm: realm, UserID: user.ID,
		CreatedAt: now, LastActivity: now, IdleTimeout: time.Hour, Applications: []string{"web"},
	}
	if err := file.Update(b.t.Context(), func(tx kv.Tx) error { return store.PutNewSession(tx, s) }); err != nil {
		b.t.Fatal(err)
	}
}

func TestSessionsAreListedWithTheRealmThatTheyBelongTo(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	b.must("correct horse", "user", "add", "ada", "--password-stdin")
	var users []admin.User
	if err := json.Unmarshal([]byte(b.must("", "user", "list", "--json")), &users); err != nil || len(users) != 1 {
		t.Fatal(err, users)
	}
	b.sessionOf(users[0], "", 1)
	b.sessionOf(users[0], "/alpha", 2)
	var fields [][]string
	for line := range strings.Lines(b.must("", "session", "list", "ada")) {
		words := strings.Fields(line)
		fields = append(fields, words[len(words)-2:])
	}
	if want := [][]string{{"REALM", "APPLICATIONS"}, {"-", "web"}, {"/alpha", "web"}}; !reflect.DeepEqual(fields, want) {
		t.Errorf("%q", fields)
	}
}
