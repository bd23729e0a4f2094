package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vigil/internal/store/kv"
)

const (
	sector    = 512
	metaPages = 2
)

// A commit writes its pages, waits for the disk, writes its meta page and waits again. A power cut before the first wait has ended
// keeps any of the new sectors; one between the waits keeps all of them and perhaps half a meta page. Each such file must open as
// the commit before, or as the new one. (That the waits are real, only a disk without power can show.)
//
// Between the commits nothing waits for the disk: a cut then keeps the last commit, and any sectors of the journal.
func TestPowerCutBetweenTheWaitsForTheDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s := openAt(t, path, Options{MapSize: 1, Window: never}) // so that the file begins small
	chance := rand.New(rand.NewPCG(5, 6))
	before, held := image(t, path), []string{contents(t, s)}
	for round := range 25 {
		for n := range chance.IntN(4) {
			step(t, s, fmt.Sprint("run", n), round)
			held = append(held, contents(t, s))
		}
		if len(held) > 1 {
			opensAs(t, before, kept(chance, image(t, s.journal.path)), held...)
		}
		churnAll(t, s, round)
		after, grown := image(t, path), contents(t, s)
		cutDuring(t, chance, before, after, held[0], grown)
		before, held = after, []string{grown}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cutDuring(t, chance, before, image(t, path), held[0], held[0])
}

// kept loses some sectors of a journal, or its end.
func kept(chance *rand.Rand, journal []byte) []byte {
	for at := 0; at < len(journal); at += sector {
		if chance.IntN(3) == 0 {
			clear(journal[at:min(at+sector, len(journal))])
		}
	}
	return journal[:chance.IntN(len(journal)+1)]
}

// churn puts and deletes, so that pages are freed and used again.
func churn(tx kv.Tx, step int) error {
	for i := range 30 {
		key := fmt.Appendf(nil, "%03d", (step*17+i*7)%211)
		err := tx.Put(sessions, key, bytes.Repeat([]byte{byte('a' + step%26)}, 10+(step*31+i*13)%300))
		if i%3 == 0 {
			err = errors.Join(err, tx.Delete(sessions, fmt.Appendf(nil, "%03d", (step*5+i*11)%211)))
		}
		if err != nil {
			return err
		}
	}
	return tx.Append(feed, []byte{byte(step)})
}

func image(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// contents gives all that a store holds, as one text.
func contents(t *testing.T, s *Store) string {
	t.Helper()
	var text []byte
	err := s.View(context.Background(), func(r kv.Reader) error {
		steps, err := r.Scan(runs, nil, nil, kv.MaxKeys)
		if err != nil {
			return err
		}
		entries, err := r.Scan(sessions, nil, nil, kv.MaxKeys)
		entries = append(steps, entries...)
		for _, e := range entries {
			text = fmt.Appendf(text, "%s=%s\n", e.Key, e.Value)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	entries, cursor, err := s.Tail(context.Background(), feed, "", kv.MaxKeys)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s%d entries up to %s", text, len(entries), cursor)
}

// cutDuring tries two cuts before the first wait and one after it. The first text is what the store held before, the second what it grew to.
func cutDuring(t *testing.T, chance *rand.Rand, before, after []byte, texts ...string) {
	t.Helper()
	metas := metaPages * os.Getpagesize()
	for range 2 {
		file := slices.Clone(before)
		if chance.IntN(2) == 0 && len(after) > len(file) {
			file = append(file, make([]byte, len(after)-len(file))...)
		}
		for at := metas; at+sector <= len(file); at += sector {
			if chance.IntN(2) == 0 {
				copy(file[at:at+sector], after[at:])
			}
		}
		opensAs(t, file, nil, texts[0])
	}
	file := slices.Clone(after)
	torn := chance.IntN(100) // bytes of each meta page that arrived; its sum is at the end of the first 80
	for page := range metaPages {
		at := page * os.Getpagesize()
		copy(file[at+torn:at+os.Getpagesize()], before[at+torn:])
	}
	opensAs(t, file, nil, texts...)
}

func opensAs(t *testing.T, file, journal []byte, either ...string) {
	t.Helper()
	s := openLeft(t, file, journal)
	if got := contents(t, s); !slices.Contains(either, got) {
		t.Errorf("after the cut the store holds\n%s\nwant\n%s", got, either)
	}
	churnAll(t, s, 99)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
