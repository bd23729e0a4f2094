package grant

import (
	"encoding/binary"
	"time"
)

// putMillis writes a time as 6 big-endian bytes of Unix milliseconds.
func putMillis(b []byte, t time.Time) {
	var wide [8]byte
	binary.BigEndian.PutUint64(wide[:], uint64(max(t.UnixMilli(), 0)))
	copy(b[:6], wide[2:])
}

// millis reads what putMillis wrote.
func millis(b []byte) time.Time {
	var wide [8]byte
	copy(wide[2:], b[:6])
	return time.UnixMilli(int64(binary.BigEndian.Uint64(wide[:])))
}

// after is the first key behind all that begin with prefix. Nil: there is none.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
