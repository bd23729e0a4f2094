package attempts

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// forgotten is how long a reserved guess may stay without its outcome. Then the process that held it is taken for dead, and the guess for wrong.
const forgotten = time.Minute

// tally is what is known of one name or address. Times are Unix milliseconds, ascending.
type tally struct {
	failures []int64 // since the last lock
	pending  []int64 // being checked
	until    int64   // locked until; zero: never was
	level    uint8   // locks in a row
}

// advance lets time pass: old failures no longer count, forgotten guesses become failures, old locks are forgiven.
func (t *tally) advance(now int64, p Policy) {
	if t.level > 0 && now >= t.until+p.LongestLock.Milliseconds() {
		t.level = 0
	}
	held, _ := slices.BinarySearch(t.pending, now-forgotten.Milliseconds())
	for _, at := range slices.Clone(t.pending[:held]) {
		t.fail(at, now, p)
	}
	t.dropOld(now, p)
}

func (t *tally) dropOld(now int64, p Policy) {
	old, _ := slices.BinarySearch(t.failures, now-p.Window.Milliseconds())
	t.failures = t.failures[old:]
}

func (t *tally) allowed(p Policy) int {
	if t.level > 0 {
		return p.Retry
	}
	return p.Limit
}

func (t *tally) full(p Policy) bool { return len(t.failures)+len(t.pending) >= t.allowed(p) }

func (t *tally) reserve(at int64) { t.pending = insert(t.pending, at) }

// release takes back the guess reserved at a time. Guesses of one millisecond are alike. False: it is no longer there.
func (t *tally) release(at int64) bool {
	i, found := slices.BinarySearch(t.pending, at)
	if found {
		t.pending = slices.Delete(t.pending, i, i+1)
	}
	return found
}

func (t *tally) fail(at, now int64, p Policy) {
	if !t.release(at) {
		return // counted already, as forgotten
	}
	t.failures = insert(t.failures, at)
	t.dropOld(now, p)
	if len(t.failures) < t.allowed(p) {
		return
	}
	t.until = now + p.lock(t.level).Milliseconds()
	t.level = min(t.level+1, 60) // far beyond every longest lock
	t.failures = nil
}

// clear forgets everything but the guesses that are being checked.
func (t *tally) clear() { *t = tally{pending: t.pending} }

func (t *tally) empty(now int64) bool {
	return len(t.failures) == 0 && len(t.pending) == 0 && t.level == 0 && t.until <= now
}

func insert(times []int64, at int64) []int64 {
	i, _ := slices.BinarySearch(times, at)
	return slices.Insert(times, i, at)
}

const (
	tallyVersion = 1
	tallyHead    = 1 + 1 + 8 + 2 // version, level, until, number of failures
)

var errTally = errors.New("unreadable record of attempts")

func (t *tally) encode() []byte {
	b := append(make([]byte, 0, tallyHead+8*(len(t.failures)+len(t.pending))), tallyVersion, t.level)
	b = binary.BigEndian.AppendUint64(b, uint64(t.until))
	b = binary.BigEndian.AppendUint16(b, uint16(len(t.failures)))
	for _, times := range [][]int64{t.failures, t.pending} {
		for _, at := range times {
			b = binary.BigEndian.AppendUint64(b, uint64(at))
		}
	}
	return b
}

func decode(b []byte) (tally, error) {
	if len(b) < tallyHead || b[0] != tallyVersion || (len(b)-tallyHead)%8 != 0 {
		return tally{}, errTally
	}
	failures, all := int(binary.BigEndian.Uint16(b[10:])), (len(b)-tallyHead)/8
	if failures > all {
		return tally{}, errTally
	}
	times := make([]int64, all)
	for i := range times {
		times[i] = int64(binary.BigEndian.Uint64(b[tallyHead+8*i:]))
	}
	t := tally{failures: times[:failures:failures], pending: times[failures:], until: int64(binary.BigEndian.Uint64(b[2:])), level: b[1]}
	if !slices.IsSorted(t.failures) || !slices.IsSorted(t.pending) {
		return tally{}, errTally
	}
	return t, nil
}
