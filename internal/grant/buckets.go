package grant

import (
	"encoding/binary"
	"time"

	"vigil/internal/store/kv"
)

var (
	redeemed        = kv.Bucket{Name: "redeemed", Kind: kv.Ordered}
	revoked         = kv.Bucket{Name: "revoked", Kind: kv.Ordered}
	family          = kv.Bucket{Name: "family", Kind: kv.Ordered}
	familyBySession = kv.Bucket{Name: "familyBySession", Kind: kv.Ordered}
)

// Buckets are the keyspaces of this package. "ms" is a time as 6 big-endian bytes of Unix milliseconds.
//
//	redeemed         ms of the code's expiry, 16 random bytes -> handle, and family id if there is one
//	revoked          handle: ms after which nothing of the grant lives, grant id -> empty
//	family           ms of the absolute expiry, 16 random bytes -> Family as JSON
//	familyBySession  session id, family id -> client id
func Buckets() []kv.Bucket { return []kv.Bucket{redeemed, revoked, family, familyBySession} }

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
