package bolt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

const (
	victimEnv = "VIGIL_STORE_VICTIM" // the file that a child process is to write until it is killed
	walkerEnv = "VIGIL_STORE_WALKER" // the same, and the process does nothing but steps of runs
	victims   = 8
)

// The suite's buckets, in the roles of a server's.
var (
	notices  = kv.Bucket{Name: "item", Kind: kv.Random}
	codes    = kv.Bucket{Name: "user", Kind: kv.Random}
	sessions = kv.Bucket{Name: "session", Kind: kv.Ordered}
	byUser   = kv.Bucket{Name: "sessionByUser", Kind: kv.Random}
	due      = kv.Bucket{Name: "sessionDue", Kind: kv.Ordered}
	runs     = kv.Bucket{Name: "run", Kind: kv.Ordered, Relaxed: true}
	feed     = kv.Bucket{Name: "feed", Kind: kv.Log}
)

var errLate = errors.New("fails after writing")

func signOn(tx kv.Tx, id, user string, value []byte) error {
	return errors.Join(
		tx.Put(sessions, []byte(id), value),
		tx.Put(byUser, []byte(user+"\x00"+id), nil),
		tx.Put(due, []byte(id), []byte(user)),
	)
}

func redeem(tx kv.Tx, code string) error {
	held, err := tx.Get(codes, []byte(code))
	if err != nil || held != nil {
		return errors.Join(err, errLate)
	}
	return tx.Put(codes, []byte(code), []byte("family"))
}

// end deletes a session and puts three notices.
func end(tx kv.Tx, id, user string) error {
	held, err := tx.Get(sessions, []byte(id))
	if err != nil || held == nil {
		return errors.Join(err, errLate)
	}
	for i := range 3 {
		if err := tx.Put(notices, fmt.Appendf(nil, "%s/%d", id, i), []byte("logout")); err != nil {
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

// beVictim loads a store from 16 callers and prints a line for each answer, one write each, until the process is killed.
func beVictim(path string, walks bool) {
	s, err := Open(path, kvtest.Buckets(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	acknowledge := func(what, id string, fn func(kv.Tx) error) {
		if err := s.Update(context.Background(), fn); err != nil {
			fmt.Printf("failed %s %s: %v\n", what, id, err)
			return
		}
		fmt.Printf("%s %s\n", what, id)
	}
	for caller := range 16 {
		go func() {
			for i := 0; ; i++ {
				walk := func(tx kv.Tx) error {
					return tx.Put(runs, fmt.Appendf(nil, "%d-%02d", os.Getpid(), caller), fmt.Append(nil, i))
				}
				acknowledge("step", fmt.Sprintf("%d-%02d %d", os.Getpid(), caller, i), walk)
				if walks {
					continue
				}
				id := fmt.Sprintf("%d-%02d-%06d", os.Getpid(), caller, i)
				user := fmt.Sprintf("user%d", i%50)
				acknowledge("signon", id, func(tx kv.Tx) error { return signOn(tx, id, user, make([]byte, 220)) })
				acknowledge("redeem", id, func(tx kv.Tx) error { return redeem(tx, id) })
				if i%3 == 0 {
					acknowledge("end", id, func(tx kv.Tx) error { return end(tx, id, user) })
				}
				if i%10 == 0 {
					leak(s, id, user)
				}
			}
		}()
	}
	select {}
}

// leak lets closures fail and panic after they have written.
func leak(s *Store, id, user string) {
	write := func(tx kv.Tx) error {
		return errors.Join(signOn(tx, "leak"+id, user, nil), tx.Put(sessions, []byte(id), []byte("leak")), tx.Append(feed, []byte("leak")), errLate)
	}
	if err := s.Update(context.Background(), write); !errors.Is(err, errLate) {
		fmt.Printf("failed leak %s: %v\n", id, err)
	}
	defer func() { _ = recover() }()
	_ = s.Update(context.Background(), func(tx kv.Tx) error { panic(write(tx)) })
}

func TestKillNine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	chance := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	acknowledged := map[string][]string{}
	for i := range victims {
		role := victimEnv
		if i%2 == 1 {
			role = walkerEnv
		}
		for what, ids := range killed(t, path, role, time.Duration(50+chance.IntN(350))*time.Millisecond) {
			acknowledged[what] = append(acknowledged[what], ids...)
		}
		survived(t, path, acknowledged)
	}
	t.Logf("%d kills: %d steps, %d sign-ons, %d redemptions and %d endings acknowledged, none lost",
		victims, len(acknowledged["step"]), len(acknowledged["signon"]), len(acknowledged["redeem"]), len(acknowledged["end"]))
}

// killed runs a child, kills it when it has been at work for a while, and returns what it had acknowledged, by kind.
func killed(t *testing.T, path, role string, after time.Duration) map[string][]string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), role+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string][]string{}
	var armed atomic.Bool
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, id, whole := strings.Cut(lines.Text(), " ")
		if !whole || what == "failed" {
			t.Errorf("the child said %q", lines.Text())
		}
		acknowledged[what] = append(acknowledged[what], id)
		if armed.CompareAndSwap(false, true) {
			time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
	}
	if err := child.Wait(); err == nil || !armed.Load() {
		t.Fatalf("the child was not killed at work: %v", err)
	}
	return acknowledged
}

// survived opens the file and compares it with what was acknowledged and with itself.
func survived(t *testing.T, path string, acknowledged map[string][]string) {
	t.Helper()
	s, err := Open(path, kvtest.Buckets(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	held := map[string]map[string]bool{}
	err = s.db.View(func(tx *bbolt.Tx) error {
		for _, b := range kvtest.Buckets() {
			held[b.Name] = map[string]bool{}
			_ = tx.Bucket([]byte(b.Name)).ForEach(func(k, v []byte) error {
				key := string(k)
				if b.Kind == kv.Log {
					key = string(v)
				}
				if held[b.Name][key] || strings.Contains(key+string(v), "leak") {
					t.Errorf("%s %q is there twice, or should not be there at all", b.Name, key)
				}
				held[b.Name][key] = true
				return nil
			})
		}
		for err := range tx.Check() {
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	consistent(t, held)
	walked(t, s, acknowledged["step"])
	for _, id := range acknowledged["signon"] {
		if held["session"][id] == held["feed"][id] {
			t.Errorf("sign-on %s was acknowledged; now a session: %t, ended: %t", id, held["session"][id], held["feed"][id])
		}
	}
	for _, id := range acknowledged["redeem"] {
		if !held[codes.Name][id] {
			t.Errorf("redemption %s was acknowledged and is lost", id)
		}
	}
	for _, id := range acknowledged["end"] {
		if !held["feed"][id] {
			t.Errorf("ending %s was acknowledged and is lost", id)
		}
	}
}

// walked checks that every run is where it was said to be, or a step on.
func walked(t *testing.T, s *Store, steps []string) {
	t.Helper()
	last := map[string]int{}
	for _, step := range steps {
		var run string
		var n int
		if _, err := fmt.Sscan(step, &run, &n); err != nil {
			t.Fatal(err)
		}
		last[run] = max(last[run], n)
	}
	err := s.View(context.Background(), func(r kv.Reader) error {
		for run, n := range last {
			value, err := r.Get(runs, []byte(run))
			if err != nil {
				return err
			}
			if held, err := strconv.Atoi(string(value)); err != nil || held != n && held != n+1 {
				t.Errorf("run %s was acknowledged to be at %d and is at %q", run, n, value)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// consistent checks what each update wrote as a whole: session with its index entries, ending with its notices.
func consistent(t *testing.T, held map[string]map[string]bool) {
	t.Helper()
	n := len(held["session"])
	if len(held["sessionDue"]) != n || len(held["sessionByUser"]) != n {
		t.Errorf("%d sessions, %d due, %d by user", n, len(held["sessionDue"]), len(held["sessionByUser"]))
	}
	for entry := range held["sessionByUser"] {
		_, id, _ := strings.Cut(entry, "\x00")
		if !held["session"][id] || !held["sessionDue"][id] {
			t.Errorf("index entry %q has no session", entry)
		}
	}
	for id := range held["feed"] {
		for i := range 3 {
			if !held[notices.Name][fmt.Sprintf("%s/%d", id, i)] {
				t.Errorf("ending %s lacks notice %d", id, i)
			}
		}
	}
	if len(held[notices.Name]) != 3*len(held["feed"]) {
		t.Errorf("%d notices of %d endings", len(held[notices.Name]), len(held["feed"]))
	}
}
