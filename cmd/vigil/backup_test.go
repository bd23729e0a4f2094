package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestTheStoreIsCopiedWhileAServerHasIt(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	server := b.serve()
	page, cookies := server.begin()
	b.must("correct horse\n", "user", "add", "ada", "--password-stdin") // waits for the disk, and with it what came before
	b.must("", "store", "export", "copy.db")
	b.must("correct horse\n", "user", "add", "late", "--password-stdin")
	if r := b.run("", "store", "export", "copy.db"); r.code != exitFailed || !strings.Contains(r.err, "there already") {
		t.Errorf("onto a file: exit %d, %s", r.code, r.err)
	}
	if code := server.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d\n%s", code, server.log)
	}
	info, err := os.Stat(filepath.Join(b.folder, "copy.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}

	restored := newBench(t)
	restored.write("vigil.yaml", configuration)
	if err := os.Mkdir(filepath.Join(restored.folder, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(b.folder, "copy.db"), filepath.Join(restored.folder, "data", "vigil.db")); err != nil {
		t.Fatal(err)
	}
	again := restored.serve()
	if users := restored.must("", "user", "list"); !strings.Contains(users, "ada") || !strings.Contains(users, "grace") || strings.Contains(users, "late") {
		t.Errorf("the copy holds\n%s", users)
	}
	if _, shown := again.visit(page, cookies...); !strings.Contains(shown, "Sign on") {
		t.Errorf("a sign-on that was in progress shows\n%s", shown)
	}
}

func TestACopyThatIsBrokenOffLeavesNothing(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	b.serve()
	b.write("full/copy.db.part/in-the-way", "")
	if r := b.run("", "store", "export", "full/copy.db"); r.code != exitFailed {
		t.Errorf("exit %d\n%s", r.code, r.out)
	}
	if _, err := os.Stat(filepath.Join(b.folder, "full", "copy.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a copy: %v", err)
	}
}

func TestACopyIsReadByItsOwnerAloneWhateverLayInItsPlace(t *testing.T) {
	b := newBench(t)
	b.write("vigil.yaml", configuration)
	b.serve()
	b.write("copy.db.part", "of a copy that was killed")
	if err := os.Chmod(filepath.Join(b.folder, "copy.db.part"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("copy.db.part", filepath.Join(b.folder, "linked.db.part")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"linked.db", "copy.db"} {
		b.must("", "store", "export", name)
		if info, err := os.Lstat(filepath.Join(b.folder, name)); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}
