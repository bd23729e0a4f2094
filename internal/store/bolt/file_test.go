package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
)

func TestWhatWasAcknowledgedIsThereAfterReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s := openAt(t, path, Options{})
	put := func(s *Store, id string) {
		if err := s.Update(context.Background(), func(tx kv.Tx) error {
			return errors.Join(tx.Put(sessions, []byte(id), []byte("ada")), tx.Append(feed, []byte(id)))
		}); err != nil {
			t.Fatal(err)
		}
	}
	put(s, "one")
	put(s, "two")
	entries, cursor, err := s.Tail(context.Background(), feed, "", 1)
	if err != nil || len(entries) != 1 || string(entries[0].Value) != "one" {
		t.Fatalf("%q, %v", entries, err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}

	s = openAt(t, path, Options{})
	put(s, "three")
	entries, _, err = s.Tail(context.Background(), feed, cursor, 10)
	if err != nil || len(entries) != 2 || string(entries[0].Value) != "two" || string(entries[1].Value) != "three" {
		t.Errorf("from the old cursor on: %q, %v", entries, err)
	}
	if got := contents(t, s); got != "one=ada\nthree=ada\ntwo=ada\n3 entries up to 3" {
		t.Errorf("the store holds %s", got)
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	s := openNew(t, Options{})
	info, err := os.Stat(s.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	names, err := s.Buckets(context.Background())
	want := []string{"feed", "item", "run", "session", "sessionByUser", "sessionDue", "user"}
	if !slices.Equal(names, want) || err != nil {
		t.Errorf("buckets %q, %v", names, err)
	}
}

func TestAFileInUseIsRefused(t *testing.T) {
	s := openNew(t, Options{})
	_, err := Open(s.path, kvtest.Buckets(), Options{}) // who waited for the other to close would wait for ever
	if !errors.Is(err, ErrLocked) || err.Error() != `open store "`+s.path+`": file is in use by another process` {
		t.Errorf("error %v", err)
	}
	time.AfterFunc(100*time.Millisecond, func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	next, err := Open(s.path, kvtest.Buckets(), Options{LockTimeout: time.Minute})
	if err != nil {
		t.Fatalf("waiting for the other to close: %v", err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeOpenedIsNamedOnce(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a store\n", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere := filepath.Join(folder, "nowhere", "vigil.db")
	for path, want := range map[string]string{
		nowhere: `open store "` + nowhere + `": no such file or directory`,
		folder:  `open store "` + folder + `": is a directory`,
		text:    `open store "` + text + `": file is not a store: invalid database`,
	} {
		if _, err := Open(path, kvtest.Buckets(), Options{}); err == nil || err.Error() != want {
			t.Errorf("error %v\nwant  %s", err, want)
		}
	}
	if _, err := Open(nowhere, nil, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestADamagedFileIsNamedAndNotUsed(t *testing.T) {
	s := openNew(t, Options{MapSize: 1})
	if err := s.Update(context.Background(), func(tx kv.Tx) error { return churn(tx, 1) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, list := image(t, s.path), freeList(t, s.path)*uint64(os.Getpagesize())
	strange := slices.Clone(file)
	copy(strange[list:], "not a page of free pages")
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"an unfinished copy": {file[:3*os.Getpagesize()], "file is cut short: "},
		"a strange page":     {strange, "file is damaged: "},
	} {
		path := filepath.Join(t.TempDir(), "bad.db")
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, kvtest.Buckets(), Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFreeListIsWrittenByCloseOnly(t *testing.T) {
	const none = ^uint64(0)
	s := openNew(t, Options{})
	if err := s.Update(context.Background(), func(tx kv.Tx) error { return churn(tx, 1) }); err != nil {
		t.Fatal(err)
	}
	if freeList(t, s.path) != none {
		t.Error("written by an update")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if freeList(t, s.path) == none {
		t.Error("not written by Close: the next Open scans the file")
	}
}

// freeList reads the number of the free list's page from the newer meta page as bbolt lays it out: behind 16 bytes of page header,
// 32 bytes on, come the page of the free list, the high-water mark and the number of the transaction.
func freeList(t *testing.T, path string) (list uint64) {
	t.Helper()
	file, newest := image(t, path), uint64(0)
	for page := range metaPages {
		meta := file[page*os.Getpagesize()+16:]
		if number := binary.NativeEndian.Uint64(meta[48:]); number >= newest {
			newest, list = number, binary.NativeEndian.Uint64(meta[32:])
		}
	}
	return list
}

func TestOrderedKeysFillTheirPages(t *testing.T) {
	s := openNew(t, Options{})
	for i := range 200 {
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			var errs []error
			for j := range 10 {
				key := binary.BigEndian.AppendUint64(nil, uint64(i*10+j))
				errs = append(errs, tx.Put(sessions, key, make([]byte, 200)), tx.Put(codes, key, make([]byte, 200)))
			}
			return errors.Join(errs...)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ordered, random := leaves(t, s, sessions), leaves(t, s, codes)
	if ordered*3 > random*2 {
		t.Errorf("%d pages when declared ordered, %d when declared random", ordered, random)
	}
}

func TestAFullFileRefusesWritesAndKeepsWhatItHas(t *testing.T) {
	s := openNew(t, Options{MapSize: 1, MaxSize: 256 << 10})
	written := 0
	var err error
	for ; written < 1000 && err == nil; written++ {
		err = s.Update(context.Background(), func(tx kv.Tx) error {
			return tx.Put(sessions, binary.BigEndian.AppendUint64(nil, uint64(written)), make([]byte, 4000))
		})
	}
	written-- // the last one was refused
	if err == nil || errors.Is(err, kv.ErrUnknownOutcome) || !strings.Contains(err.Error(), s.path) {
		t.Fatalf("after %d updates: %v", written, err)
	}
	if n := stored(t, s); n != written || n == 0 {
		t.Errorf("%d keys, want %d", n, written)
	}
	if n, err := s.Prune(context.Background(), sessions, nil, 10); n != 10 || err != nil {
		t.Errorf("making room: %d, %v", n, err)
	}
	if err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(sessions, []byte("fits"), nil) }); err != nil {
		t.Errorf("after room was made: %v", err)
	}
}

func TestACommitOfUnknownOutcomeEndsTheWriting(t *testing.T) {
	s := openNew(t, Options{})
	if err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(sessions, []byte("k"), nil) }); err != nil {
		t.Fatal(err)
	}
	lastCommit := transactions(t, s)
	if err := s.failed(lastCommit+1, errors.New("no space left on device")); errors.Is(err, kv.ErrUnknownOutcome) {
		t.Errorf("before the meta page was written: %v", err)
	}
	if err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(sessions, []byte("l"), nil) }); err != nil {
		t.Errorf("after a commit that surely failed: %v", err)
	}
	if err := s.failed(lastCommit+1, errors.New("input/output error")); !errors.Is(err, kv.ErrUnknownOutcome) {
		t.Errorf("after the meta page was written: %v", err)
	}
	if err := s.Update(context.Background(), func(tx kv.Tx) error { return nil }); !errors.Is(err, kv.ErrReadOnly) {
		t.Errorf("after a commit of unknown outcome: %v", err)
	}
	if n := stored(t, s); n != 2 {
		t.Errorf("%d keys are readable, want 2", n)
	}
}

func TestCloseCommitsWhatIsQueued(t *testing.T) {
	for range 10 {
		path := filepath.Join(t.TempDir(), "vigil.db")
		s := openAt(t, path, Options{})
		var committed, refused atomic.Int32
		callers := make(chan struct{})
		for i := range 50 {
			go func() {
				err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Put(sessions, []byte{byte(i)}, nil) })
				switch {
				case err == nil:
					committed.Add(1)
				case errors.Is(err, kv.ErrClosed):
					refused.Add(1)
				default:
					t.Error(err)
				}
				callers <- struct{}{}
			}()
		}
		for range 10 {
			<-callers
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for range 40 {
			<-callers
		}
		if n := stored(t, openAt(t, path, Options{})); n != int(committed.Load()) || committed.Load()+refused.Load() != 50 {
			t.Fatalf("%d keys of %d acknowledged, %d refused", n, committed.Load(), refused.Load())
		}
	}
}
