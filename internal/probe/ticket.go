package probe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Life is how long a ticket is good.
const Life = 15 * time.Minute

// Key makes and checks tickets. Whoever has it is the operator, or a server of theirs.
type Key []byte

// Ticket opens the answers of this package until Life is over. Nobody can make one without the key; one ticket serves a whole examination.
func (k Key) Ticket(now time.Time) string {
	until := binary.BigEndian.AppendUint64(nil, uint64(max(now.Add(Life).Unix(), 0)))
	return base64.RawURLEncoding.EncodeToString(append(until, k.sum(until)...))
}

// good reports whether a ticket is one of this key, and its time is not over.
func (k Key) good(ticket string, now time.Time) bool {
	raw, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil || len(raw) != 8+sha256.Size || len(k) == 0 || !hmac.Equal(raw[8:], k.sum(raw[:8])) {
		return false
	}
	left := int64(binary.BigEndian.Uint64(raw[:8])) - now.Unix() // the sum says that it is ours
	return left > 0 && left <= int64(Life/time.Second)
}

func (k Key) sum(until []byte) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte("probe ticket\x00"))
	mac.Write(until)
	return mac.Sum(nil)
}
