package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"vigil/internal/store/kv"
)

// tail knows how far a Log can be read. Numbers are given before commits, so below a number that is visible there may be others to come.
// Whoever takes a number has its transaction's id already. So when the last number is read first and a snapshot taken after it, every
// number up to that one belongs to a transaction that is older than the snapshot's end; once all of those have ended, nothing
// can appear below it any more.
//
// Entries go out by number, not by transaction: numbers are given at the end of each, under its locks. Of two that touched the same key
// the later has the higher number, whichever began first.
type tail struct {
	wake chan struct{}

	mu      sync.Mutex
	settled int64         // nothing appears up to here any more
	mark    *mark         // a number that waits
	again   time.Duration // until it is looked at again
	dirty   bool          // other nodes are to be told
}

// mark is a number, and where the transactions end that may have one up to it.
type mark struct {
	number int64
	until  uint64
}

// beyond is above every key: keys are shorter.
var beyond = bytes.Repeat([]byte{0xff}, kv.MaxKey+1)

// lookAgain is how soon a Log is read again whose last entries could not be told from what may come before them; then half as often each time.
const lookAgain, lookAgainAtMost = 5 * time.Millisecond, 200 * time.Millisecond

// horizon is where the running transactions begin, and where those to come do.
const horizon = "SELECT pg_snapshot_xmin(s), pg_snapshot_xmax(s) FROM pg_current_snapshot() AS s"

// Tail gives entries of a Log bucket after a cursor, which is the number of an entry.
func (s *Store) Tail(ctx context.Context, b kv.Bucket, after kv.Cursor, limit int) ([]kv.Entry, kv.Cursor, error) {
	if err := kv.CheckTail(b, limit); err != nil {
		return nil, after, err
	}
	t, err := s.table(b)
	if err != nil {
		return nil, after, err
	}
	var from int64
	if after != "" {
		if from, err = strconv.ParseInt(string(after), 10, 64); err != nil || from < 0 {
			return nil, after, fmt.Errorf("cursor of bucket %q: %q is no number", b.Name, after)
		}
	}
	if err := s.enter(ctx); err != nil {
		return nil, after, err
	}
	defer s.inside.Done()
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, after, err
	}
	defer conn.Release()
	entries, last, err := s.logs[b.Name].read(ctx, conn.Conn(), t, from, limit)
	if err != nil {
		return nil, after, s.failed("read "+b.Name, err)
	}
	if last == from {
		return nil, after, nil
	}
	return entries, kv.Cursor(strconv.FormatInt(last, 10)), nil
}

// read asks for the last number, then for the running transactions, then for entries: three snapshots in this order, in one round trip.
func (l *tail) read(ctx context.Context, conn *pgx.Conn, t *table, from int64, limit int) ([]kv.Entry, int64, error) {
	l.mu.Lock()
	settled, waiting := l.settled, l.mark
	l.mu.Unlock()

	ctx, cancel := call(ctx)
	defer cancel()
	if err := ready(ctx, conn, t.last, horizon, t.entries); err != nil {
		return nil, from, err
	}
	var batch pgx.Batch
	batch.Queue(t.last)
	batch.Queue(horizon)
	batch.Queue(t.entries, from, limit)
	results := conn.SendBatch(ctx, &batch)
	var number int64
	var oldest, next uint64
	err := results.QueryRow().Scan(&number)
	if err == nil {
		err = results.QueryRow().Scan(&oldest, &next)
	}
	var entries []numbered
	if err == nil {
		entries, err = numberedOf(results)
	}
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, from, err
	}

	if number < max(from, settled) { // the database is an older copy of itself: everything in it may be news
		l.mu.Lock()
		defer l.mu.Unlock()
		l.settled, l.mark = 0, nil
		return nil, 0, nil
	}
	now := mark{number, next}
	if waiting != nil && oldest >= waiting.until {
		settled, waiting = max(settled, waiting.number), nil
	}
	if oldest >= now.until {
		settled, waiting = max(settled, now.number), nil
	} else if waiting == nil && number > settled {
		waiting = &now
	}
	l.learn(settled, waiting, number)
	var told []kv.Entry
	for _, e := range entries {
		if e.number > settled {
			break
		}
		from = e.number
		told = append(told, kv.Entry{Key: binary.BigEndian.AppendUint64(nil, uint64(e.number)), Value: e.value})
	}
	return told, from, nil
}

// learn keeps what a read found out, and has the Log read again soon if something waits.
func (l *tail) learn(settled int64, waiting *mark, number int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if settled > l.settled {
		l.settled, l.again = settled, 0
	}
	if l.mark == nil || l.mark.number <= l.settled {
		l.mark = nil
		if waiting != nil && waiting.number > l.settled {
			l.mark = waiting
		}
	}
	if number > l.settled {
		l.again = min(max(2*l.again, lookAgain), lookAgainAtMost)
		time.AfterFunc(l.again, l.hint)
	}
}

// hint wakes the reader.
func (l *tail) hint() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// numbered is an entry as it is in its table.
type numbered struct {
	number int64
	value  []byte
}

func numberedOf(results pgx.BatchResults) ([]numbered, error) {
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []numbered
	for rows.Next() {
		var e numbered
		if err := rows.Scan(&e.number, &e.value); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// Prune deletes the first keys below to, in one statement.
func (s *Store) Prune(ctx context.Context, b kv.Bucket, to []byte, limit int) (int, error) {
	if err := kv.CheckPrune(b, limit); err != nil {
		return 0, err
	}
	t, err := s.table(b)
	if err != nil {
		return 0, err
	}
	var below any
	switch {
	case b.Kind == kv.Log && to == nil:
		below = int64(math.MaxInt64)
	case b.Kind == kv.Log && len(to) != 8:
		return 0, fmt.Errorf("bucket %q: %d bytes are no key of an entry", b.Name, len(to))
	case b.Kind == kv.Log:
		below = int64(min(binary.BigEndian.Uint64(to), math.MaxInt64))
	case to == nil:
		below = beyond
	default:
		below = to
	}
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.inside.Done()
	conn, err := s.acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	within, cancel := call(ctx)
	defer cancel()
	if err := ready(within, conn.Conn(), t.prune); err != nil {
		return 0, s.failed("prune "+b.Name, err)
	}
	done, err := conn.Exec(within, t.prune, below, limit)
	if err != nil {
		return 0, s.failed("prune "+b.Name, err)
	}
	return int(done.RowsAffected()), nil
}

// Wake hints after commits that appended to b, of this node and of others.
func (s *Store) Wake(b kv.Bucket) <-chan struct{} {
	if l := s.logs[b.Name]; l != nil && b.Kind == kv.Log {
		return l.wake
	}
	return nil
}
