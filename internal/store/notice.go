package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"vigil/internal/session"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// NoticeID names a notice. It follows from session and application, so that a closure that runs again, or an ending that is tried again, owes
// the same notice and not a second one.
type NoticeID [16]byte

// String spells an id as applications and operators see it: base64url.
func (id NoticeID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

func noticeID(s session.ID, clientID string) NoticeID {
	sum := sha256.Sum256(append(append([]byte("notice "), s[:]...), clientID...))
	return NoticeID(sum[:16])
}

// NoticeKey is where a notice waits: shard, milliseconds of its next attempt, id.
type NoticeKey [1 + 6 + 16]byte

// ID is the notice that waits there.
func (k NoticeKey) ID() NoticeID { return NoticeID(k[7:]) }

// At is when it is to be attempted.
func (k NoticeKey) At() time.Time { return timeOf(k[1:7]) }

// NoticeShards is how many queues there are. All notices of an application wait in one of them.
const NoticeShards = 16

// Key is where a notice waits for a time.
func (n *Notice) Key(at time.Time) (k NoticeKey) {
	sum := sha256.Sum256([]byte(n.EnvironmentID + "\x00" + n.ClientID))
	k[0] = sum[0] % NoticeShards
	copy(k[1:], millis(at))
	copy(k[7:], n.ID[:])
	return k
}

// Addressee is an application that is told of the end of a session.
type Addressee struct {
	ClientID string
	Issuer   string // under which it knows the session
}

// Notice is the news of one ending for one application.
type Notice struct {
	ID            NoticeID `json:"-"`
	EnvironmentID string   `json:"env"`
	ClientID      string   `json:"app"`
	Issuer        string   `json:"iss"`
	UserID        string   `json:"user"`
	SID           string   `json:"sid"` // as in ID tokens
	Reason        Reason   `json:"why"`

	EndedAt time.Time `json:"ended"`
	// Since is when the attempts began: EndedAt, or the time of a replay.
	Since    time.Time `json:"since"`
	Attempts int       `json:"tries,omitempty"`
	// Problem is what went wrong the last time. Empty: nothing was tried.
	Problem string `json:"err,omitempty"`
}

// DeadFor is how long a dead letter is kept.
const DeadFor = 30 * 24 * time.Hour

// put writes a notice that waits until a time.
func (n *Notice) put(tx kv.Tx, at time.Time) error {
	value, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode notice: %w", err)
	}
	k := n.Key(at)
	// Blind: the key holds the id, and nobody else writes this notice's.
	return tx.Put(schema.Outbox, k[:], value)
}

// DueNotices gives what one shard has to attempt by now, the oldest first, after a key (nil: from the start), at most limit.
func DueNotices(r kv.Reader, shard byte, after *NoticeKey, now time.Time, limit int) ([]NoticeKey, error) {
	from := []byte{shard}
	if after != nil {
		from = append(append([]byte{}, after[:]...), 0)
	}
	entries, err := r.Scan(schema.Outbox, from, append([]byte{shard}, millis(now.Add(time.Millisecond))...), limit)
	if err != nil {
		return nil, err
	}
	return noticeKeys(entries), nil
}

func noticeKeys(entries []kv.Entry) []NoticeKey {
	keys := make([]NoticeKey, 0, len(entries))
	for _, e := range entries {
		if len(e.Key) == len(NoticeKey{}) {
			keys = append(keys, NoticeKey(e.Key))
		}
	}
	return keys
}

// FindNotices reads notices where they wait, at most 1,000. Nil in a place: it does not wait there, or is damaged.
func FindNotices(r kv.Reader, waiting []NoticeKey) ([]*Notice, error) {
	keys := make([][]byte, len(waiting))
	for i := range waiting {
		keys[i] = waiting[i][:]
	}
	values, err := r.GetMany(schema.Outbox, keys)
	if err != nil {
		return nil, err
	}
	found := make([]*Notice, len(values))
	for i, value := range values {
		if n, err := decodeNotice(waiting[i].ID(), value); value != nil && err == nil {
			found[i] = n
		}
	}
	return found, nil
}

// FindNotice reads a notice where it waits. Nil: it does not wait there.
func FindNotice(r kv.Reader, k NoticeKey) (*Notice, error) {
	value, err := r.Get(schema.Outbox, k[:])
	if err != nil || value == nil {
		return nil, err
	}
	return decodeNotice(k.ID(), value)
}

func decodeNotice(id NoticeID, value []byte) (*Notice, error) {
	n := &Notice{}
	if err := json.Unmarshal(value, n); err != nil {
		return nil, fmt.Errorf("decode notice: %w", err)
	}
	n.ID = id
	return n, nil
}

// Delivered removes a notice that arrived.
func Delivered(tx kv.Tx, k NoticeKey) error { return tx.Delete(schema.Outbox, k[:]) }

// Postpone lets a notice wait until another time, with what was added to it. It does nothing if the notice no longer waits at k.
func Postpone(tx kv.Tx, k NoticeKey, n *Notice, until time.Time) error {
	if gone, err := takeNotice(tx, k); err != nil || gone {
		return err
	}
	return n.put(tx, until)
}

// Bury makes a notice a dead letter. It does nothing if the notice no longer waits at k.
func Bury(tx kv.Tx, k NoticeKey, n *Notice, now time.Time) error {
	if gone, err := takeNotice(tx, k); err != nil || gone {
		return err
	}
	value, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode notice: %w", err)
	}
	// Blind: the key holds the id.
	return tx.Put(schema.Dead, append(millis(now.Add(DeadFor)), n.ID[:]...), value)
}

func takeNotice(tx kv.Tx, k NoticeKey) (gone bool, err error) {
	value, err := tx.Get(schema.Outbox, k[:])
	if err != nil || value == nil {
		return true, err
	}
	return false, tx.Delete(schema.Outbox, k[:])
}
