package store

import (
	"encoding/binary"
	"time"

	"vigil/internal/session"
)

// millis spells a time as 6 big-endian bytes of Unix milliseconds.
func millis(t time.Time) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(max(t.UnixMilli(), 0)))
	return b[2:]
}

// timeOf reads the first 6 bytes of a key as a time.
func timeOf(key []byte) time.Time {
	var b [8]byte
	copy(b[2:], key[:6])
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[:])))
}

func dueKey(t time.Time, id session.ID) []byte { return append(millis(t), id[:]...) }

func userKey(environmentID, userID string, sessionID []byte) []byte {
	key := make([]byte, 0, len(environmentID)+len(userID)+2+len(sessionID))
	key = append(append(key, environmentID...), 0)
	key = append(append(key, userID...), 0)
	return append(key, sessionID...)
}

// prefixEnd is the first key after all that begin with prefix. Nil: there is none.
func prefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
