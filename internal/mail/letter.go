package mail

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigil/internal/sealed"
	"vigil/internal/store/kv"
	"vigil/internal/store/schema"
)

// Letter is one e-mail, plain text.
type Letter struct {
	EnvironmentID string
	To            string // one address. Empty: nobody; it is taken, and goes nowhere
	// Account is whom the brake counts the letter for.
	Account       string
	Subject, Text string
	GoodUntil     time.Time // zero: a day from now
}

// ID names a letter.
type ID [16]byte

// String spells it as operators see it, and as the first half of its Message-ID.
func (id ID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// waiting is a letter in the store.
type waiting struct {
	EnvironmentID string `json:"env"`
	Sealed        []byte `json:"letter,omitempty"` // content, encrypted. Empty: dead
	Since         int64  `json:"since"`            // Unix milliseconds
	GoodUntil     int64  `json:"until"`            // Unix milliseconds
	Attempts      int    `json:"n,omitempty"`
	Problem       string `json:"problem,omitempty"` // of the last attempt
}

type content struct {
	To, Subject, Text string
}

const purpose = "letters"

func (o *Outbox) seal(id ID, l Letter) ([]byte, error) {
	plain, err := json.Marshal(content{l.To, l.Subject, l.Text})
	if err != nil {
		return nil, fmt.Errorf("encode letter: %w", err)
	}
	nonce, err := sealed.NewNonce(o.Random)
	if err != nil {
		return nil, err
	}
	return sealed.Seal(o.Secret(l.EnvironmentID, purpose), nonce, plain, id[:])
}

func (o *Outbox) open(id ID, w *waiting) (c content, err error) {
	plain, err := sealed.Open(o.Secret(w.EnvironmentID, purpose), w.Sealed, id[:])
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(plain, &c)
}

// place is the key of a letter: milliseconds of the next attempt, id.
type place [6 + 16]byte

func placeOf(at time.Time, id ID) (p place) {
	ms := uint64(max(at.UnixMilli(), 0))
	for i := range 6 {
		p[i] = byte(ms >> (8 * (5 - i)))
	}
	copy(p[6:], id[:])
	return p
}

func (p place) id() ID { return ID(p[6:]) }

func (p place) at() time.Time {
	var ms int64
	for _, b := range p[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms)
}

var errPlace = errors.New("decode letter: not a letter's place")

func read(e kv.Entry) (p place, w *waiting, err error) {
	if len(e.Key) != len(p) {
		return p, nil, errPlace
	}
	w = &waiting{}
	if err := json.Unmarshal(e.Value, w); err != nil {
		return p, nil, fmt.Errorf("decode letter: %w", err)
	}
	return place(e.Key), w, nil
}

func put(tx kv.Tx, b kv.Bucket, p place, w *waiting) error {
	value, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode letter: %w", err)
	}
	return tx.Put(b, p[:], value)
}

// move takes a letter from where it waits, if it does, and puts it elsewhere. Moved: it was there.
func move(tx kv.Tx, from place, b kv.Bucket, to place, w *waiting) (moved bool, err error) {
	value, err := tx.Get(schema.Mail, from[:])
	if err != nil || value == nil {
		return false, err
	}
	if err := tx.Delete(schema.Mail, from[:]); err != nil {
		return false, err
	}
	return true, put(tx, b, to, w)
}
