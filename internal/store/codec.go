package store

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"vigil/internal/session"
)

// The first byte of an encoded session. The longer format ends in the realm, if it is a part of its environment, and the properties.
const (
	sessionFormat = 1
	longerFormat  = 2
)

var errFormat = errors.New("decode session: not a session of this format")

// encodeSession spells a session in the order of its fields: texts with their length, times in Unix milliseconds, durations in nanoseconds.
func encodeSession(s *session.Session) []byte {
	b := make([]byte, 0, 256)
	longer := s.Realm != "" || len(s.Properties) > 0
	if longer {
		b = append(b, longerFormat)
	} else {
		b = append(b, sessionFormat)
	}
	for _, text := range []string{s.EnvironmentID, s.Origin, s.UserID, s.Username, s.Gen, s.ACR} {
		b = appendText(b, text)
	}
	b = append(b, s.SecretDigest[:]...)
	bound := byte(0)
	if s.BrowserBound {
		bound = 1
	}
	b = append(b, bound)
	for _, t := range []time.Time{s.CreatedAt, s.LastActivity, s.Due, s.CountdownSent, s.Repaired} {
		b = appendTime(b, t)
	}
	b = binary.AppendVarint(b, int64(s.IdleTimeout))
	b = binary.AppendVarint(b, int64(s.MaxLifetime))
	b = binary.AppendUvarint(b, uint64(len(s.Proofs)))
	for _, p := range s.Proofs {
		b = appendTime(appendText(b, p.Method), p.At)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Applications)))
	for _, a := range s.Applications {
		b = appendText(b, a)
	}
	if !longer {
		return b
	}
	b = binary.AppendUvarint(appendText(b, s.Realm), uint64(len(s.Properties)))
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		b = appendText(appendText(b, name), s.Properties[name])
	}
	return b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// appendTime spells the zero time as 0.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(b, 0)
	}
	return binary.AppendVarint(b, t.UnixMilli())
}

// decodeSession reads what encodeSession wrote.
func decodeSession(id session.ID, value []byte) (*session.Session, error) {
	d := decoder{rest: string(value)}
	s := &session.Session{ID: id}
	format := d.byte()
	if format != sessionFormat && format != longerFormat {
		return nil, errFormat
	}
	for _, into := range []*string{&s.EnvironmentID, &s.Origin, &s.UserID, &s.Username, &s.Gen, &s.ACR} {
		*into = d.text()
	}
	copy(s.SecretDigest[:], d.take(len(s.SecretDigest)))
	s.BrowserBound = d.byte() == 1
	for _, into := range []*time.Time{&s.CreatedAt, &s.LastActivity, &s.Due, &s.CountdownSent, &s.Repaired} {
		*into = d.time()
	}
	s.IdleTimeout, s.MaxLifetime = time.Duration(d.varint()), time.Duration(d.varint())
	s.Proofs = make([]session.Proof, d.count())
	for i := range s.Proofs {
		s.Proofs[i] = session.Proof{Method: d.text(), At: d.time()}
	}
	s.Applications = make([]string, d.count())
	for i := range s.Applications {
		s.Applications[i] = d.text()
	}
	if format == longerFormat {
		d.further(s)
	}
	if d.broken || d.rest != "" {
		return nil, errFormat
	}
	return s, nil
}

// further reads what the longer format has beyond the other.
func (d *decoder) further(s *session.Session) {
	s.Realm = d.text()
	n := d.count()
	if n > 0 {
		s.Properties = make(map[string]string, n)
	}
	for range n {
		name := d.text()
		s.Properties[name] = d.text()
	}
	d.broken = d.broken || s.Realm == "" && n == 0 || len(s.Properties) != n
}

// decoder reads an encoded session; what it cannot read makes it broken, and everything after that is zero.
type decoder struct {
	rest   string
	broken bool
}

func (d *decoder) take(n int) string {
	if d.broken || n < 0 || n > len(d.rest) {
		d.broken = true
		return ""
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != "" {
		return b[0]
	}
	return 0
}

func (d *decoder) uvarint() (n uint64) {
	for shift := uint(0); shift < 64; shift += 7 {
		b := d.byte()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	d.broken = true
	return 0
}

func (d *decoder) varint() int64 {
	n := d.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

// count is the length of a list: never more than there are bytes left.
func (d *decoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.broken = true
		return 0
	}
	return int(n)
}

func (d *decoder) text() string { return d.take(d.count()) }

func (d *decoder) time() time.Time {
	if ms := d.varint(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}
