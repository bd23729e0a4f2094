package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

// never is a window that no test waits for.
const never = time.Hour

func step(t *testing.T, s *Store, run string, n int) {
	t.Helper()
	err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(runs, []byte(run), fmt.Append(nil, n)) })
	if err != nil {
		t.Fatal(err)
	}
}

// left opens what a server leaves that is killed now.
func left(t *testing.T, s *Store) *Store {
	t.Helper()
	return openLeft(t, image(t, s.path), image(t, s.journal.path))
}

func openLeft(t *testing.T, file, journal []byte) *Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "left.db")
	err := os.WriteFile(path, file, 0o600)
	if journal != nil {
		err = errors.Join(err, os.WriteFile(path+"-journal", journal, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	return openAt(t, path, Options{MapSize: 1})
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

func TestRelaxedPutsWaitForNoDisk(t *testing.T) {
	s := openNew(t, Options{Window: never})
	before, file := transactions(t, s), image(t, s.path)
	for n := range 10 {
		step(t, s, "run", n)
		if got := contents(t, s); !strings.HasPrefix(got, fmt.Sprintf("run=%d\n", n)) {
			t.Errorf("after step %d a View sees %s", n, got)
		}
		err := s.Update(context.Background(), func(tx kv.Tx) error { return errors.Join(signOn(tx, "leak", "ada", nil), errLate) })
		if !errors.Is(err, errLate) {
			t.Error(err)
		}
	}
	if transactions(t, s) != before || !bytes.Equal(image(t, s.path), file) {
		t.Error("the file was written")
	}
	info, err := os.Stat(s.journal.path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the journal %v, %v", info.Mode(), err)
	}
	if got := contents(t, left(t, s)); got != contents(t, s) || !strings.HasPrefix(got, "run=9\n") {
		t.Errorf("after the process was killed, the store holds %s", got)
	}
}

func TestOtherWritesAreCommittedWithAllThatWereAnsweredBefore(t *testing.T) {
	for name, write := range map[string]func(tx kv.Tx) error{
		"a put": func(tx kv.Tx) error { return tx.Put(codes, []byte("code"), nil) },
		"both": func(tx kv.Tx) error {
			return errors.Join(tx.Put(runs, []byte("b"), nil), tx.Put(codes, []byte("code"), nil))
		},
		"a delete": func(tx kv.Tx) error { return tx.Delete(runs, []byte("gone")) },
		"a log":    func(tx kv.Tx) error { return tx.Append(feed, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			s := openNew(t, Options{Window: never})
			step(t, s, "gone", 1)
			step(t, s, "run", 7)
			if err := s.Update(context.Background(), write); err != nil {
				t.Fatal(err)
			}
			cut := openLeft(t, image(t, s.path), nil)
			if got := contents(t, cut); got != contents(t, s) || !strings.Contains(got, "run=7\n") {
				t.Errorf("the file without its journal holds %s", got)
			}
			step(t, s, "run", 8)
			if got := contents(t, left(t, s)); got != contents(t, s) || !strings.Contains(got, "run=8\n") {
				t.Errorf("with the journal that began again: %s", got)
			}
		})
	}
}

// A View that found the file as it was before a commit, and then what was put after it, begins again.
func TestAViewTakesNothingOfALaterCommit(t *testing.T) {
	s := openNew(t, Options{Window: never})
	later := &puts{}
	later.Set(placeOf(runs.Name, []byte("run")), []byte("later"))
	s.ahead.Store(&ahead{base: transactions(t, s) + 1, puts: later})
	seen := make(chan string)
	go func() { seen <- contents(t, s) }()
	select {
	case got := <-seen:
		t.Fatalf("before the commit it saw %s", got)
	case <-time.After(20 * time.Millisecond):
	}
	churnAll(t, s, 1)
	if got := <-seen; !strings.HasSuffix(got, "1 entries up to 1") {
		t.Errorf("it saw %s", got)
	}
}

func TestTheJournalIsCommittedAfterAWhile(t *testing.T) {
	s := openNew(t, Options{Window: time.Millisecond})
	before := transactions(t, s)
	step(t, s, "run", 1)
	for transactions(t, s) == before {
		time.Sleep(time.Millisecond)
	}
	if got := contents(t, openLeft(t, image(t, s.path), nil)); got != contents(t, s) {
		t.Errorf("the file alone holds %s", got)
	}
}

func TestALongJournalIsCommitted(t *testing.T) {
	s := openNew(t, Options{Window: never})
	before := transactions(t, s)
	for n := range maxJournal/kv.MaxValue + 1 {
		err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(runs, fmt.Append(nil, n), make([]byte, kv.MaxValue)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(s.journal.path); err != nil || info.Size() > maxJournal+kv.MaxUpdate || transactions(t, s) == before {
		t.Errorf("%d commits, journal of %d bytes, %v", transactions(t, s)-before, info.Size(), err)
	}
}

func TestCloseLeavesNoJournal(t *testing.T) {
	s := openNew(t, Options{Window: never})
	step(t, s, "run", 1)
	want := contents(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if exists(t, s.journal.path) {
		t.Error("there is a journal")
	}
	if got := contents(t, openLeft(t, image(t, s.path), nil)); got != want {
		t.Errorf("the file holds %s", got)
	}
}

func TestAJournalThatCannotBeReadIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	if err := openAt(t, path, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path+"-journal", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, nil, Options{}); err == nil || !strings.Contains(err.Error(), path+`": read journal: `) {
		t.Errorf("error %v", err)
	}
}

func TestWhereTheJournalCannotBeWrittenEverythingIsCommitted(t *testing.T) {
	var log bytes.Buffer
	s := openNew(t, Options{Window: never, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err := os.Mkdir(s.journal.path, 0o700); err != nil {
		t.Fatal(err)
	}
	step(t, s, "run", 1)
	if got := contents(t, openLeft(t, image(t, s.path), nil)); got != contents(t, s) || !strings.HasPrefix(got, "run=1\n") {
		t.Errorf("the file holds %s", got)
	}
	if !strings.Contains(log.String(), "store journal cannot be written") {
		t.Errorf("logged %s", log.String())
	}
}

func TestAFullFileLosesNothingOfTheJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s := openAt(t, path, Options{Window: never, MapSize: 1, MaxSize: 64 << 10})
	full := func(tx kv.Tx) error { return tx.Put(sessions, []byte("large"), make([]byte, kv.MaxValue)) }
	for n := range 3 {
		step(t, s, "run", n)
		if err := s.Update(context.Background(), full); err == nil || errors.Is(err, kv.ErrUnknownOutcome) {
			t.Fatalf("a put beyond the size of the file: %v", err)
		}
		if got := contents(t, s); !strings.HasPrefix(got, fmt.Sprintf("run=%d\n0 entries", n)) {
			t.Errorf("after a commit that failed, the store holds %s", got)
		}
	}
	err := s.Update(context.Background(), func(tx kv.Tx) error {
		held, err := tx.Get(runs, []byte("run"))
		if string(held) != "2" {
			t.Errorf("a closure reads %q", held)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if got := contents(t, left(t, s)); got != contents(t, s) {
		t.Errorf("after the process was killed, the store holds %s", got)
	}
}

func TestAJournalThatCannotBeCommittedIsLeftToTheNextOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s, err := Open(path, kvtest.Buckets(), Options{Window: never, MapSize: 1, MaxSize: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			return tx.Put(runs, fmt.Append(nil, n), bytes.Repeat([]byte{'x'}, kv.MaxValue))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := contents(t, s)
	if err := s.Close(); err == nil {
		t.Error("more than the file may hold was committed")
	}
	if got := contents(t, openAt(t, path, Options{})); got != want {
		t.Errorf("opened again, the store holds %d bytes, want %d", len(got), len(want))
	}
}

func churnAll(t *testing.T, s *Store, n int) {
	t.Helper()
	if err := s.Update(context.Background(), func(tx kv.Tx) error { return churn(tx, n) }); err != nil {
		t.Fatal(err)
	}
}
