package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// Whatever is torn off or changed in a journal, what is left is everything up to some answer.
func TestATornJournalCountsUpToTheTear(t *testing.T) {
	s := openNew(t, Options{Window: never})
	churnAll(t, s, 1)
	states, ends := []string{""}, []int64{}
	for n := range 6 {
		step(t, s, fmt.Sprint("run", n%4), n)
		states, ends = append(states, spelled(&s.light)), append(ends, s.journal.size)
	}
	journal := image(t, s.journal.path)
	err := s.db.View(func(tx *bbolt.Tx) error {
		for at := range journal {
			whole := 0
			for ; ends[whole] <= int64(at); whole++ {
			}
			changed := slices.Clone(journal)
			changed[at] ^= 0x40
			for name, torn := range map[string][]byte{"cut off": journal[:at], "changed": changed} {
				if got := spelled(replay(torn, tx)); got != states[whole] {
					t.Errorf("%s at byte %d of %d, the journal holds\n%s\nwant\n%s", name, at, len(journal), got, states[whole])
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	torn := openLeft(t, image(t, s.path), journal[:ends[2]+5])
	if got := contents(t, torn); !strings.HasPrefix(got, "run0=0\nrun1=1\nrun2=2\n0") {
		t.Errorf("the store holds %s", got)
	}
}

func spelled(p *puts) string {
	var text []byte
	p.Scan(func(place string, value []byte) bool {
		text = fmt.Appendf(text, "%q=%s\n", place, value)
		return true
	})
	return string(text)
}

func TestAJournalOfAnotherCommitOrAnotherStoreIsNotTakenIn(t *testing.T) {
	s, other := openNew(t, Options{Window: never}), openNew(t, Options{Window: never})
	for _, s := range []*Store{s, other} {
		churnAll(t, s, 1)
		step(t, s, "run", 1)
	}
	if transactions(t, s) != transactions(t, other) {
		t.Fatal("one store has more commits than the other")
	}
	file, journal := image(t, s.path), image(t, s.journal.path)
	churnAll(t, s, 2)
	for name, c := range map[string]struct{ file, journal []byte }{
		"of another store":    {file, image(t, other.journal.path)},
		"of an older commit":  {image(t, s.path), journal},
		"of no store at all":  {file, bytes.Repeat([]byte("not a journal\n"), 1000)},
		"of nothing":          {file, []byte{}},
		"of zeros":            {file, make([]byte, 4096)},
		"of an endless claim": {file, bytes.Repeat([]byte{0xff}, 4096)},
	} {
		t.Run(name, func(t *testing.T) {
			opened := openLeft(t, c.file, c.journal)
			if got, want := contents(t, opened), contents(t, openLeft(t, c.file, nil)); got != want {
				t.Errorf("the store holds\n%s\nwant\n%s", got, want)
			}
			if exists(t, opened.journal.path) {
				t.Error("the journal is still there")
			}
		})
	}
}

// FuzzJournal looks for a record that passes for one and brings in something else than Puts, or ends the process.
func FuzzJournal(f *testing.F) {
	s := openAt(f, filepath.Join(f.TempDir(), "vigil.db"), Options{MapSize: 1})
	err := s.db.View(func(tx *bbolt.Tx) error {
		whole := encode(nil, tx.ID(), []note{
			{name: runs.Name, bucket: tx.Bucket([]byte(runs.Name)), key: []byte("run"), now: []byte("1")},
			{name: runs.Name, bucket: tx.Bucket([]byte(runs.Name)), key: []byte("other"), now: []byte{}},
		})
		f.Add(whole[recordHead:])
		f.Add(whole[recordHead : len(whole)-1])
		f.Add(whole[recordHead:20])
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		record := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
		record = binary.LittleEndian.AppendUint32(record, crc32.Checksum(body, castagnoli))
		record = append(record, body...)
		err := s.db.View(func(tx *bbolt.Tx) error {
			replay(body, tx) // without a sum
			replay(record, tx).Scan(func(place string, value []byte) bool {
				name, key, found := strings.Cut(place, "\x00")
				if !found || key == "" || value == nil || tx.Bucket([]byte(name)) == nil {
					t.Errorf("record %x holds %q = %q", record, place, value)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
