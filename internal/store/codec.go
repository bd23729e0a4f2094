package store

import (
	"errors"
	"maps"
	"slices"
	"time"

	"vigil/engine/spelling"
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
		b = spelling.AppendText(b, text)
	}
	b = append(b, s.SecretDigest[:]...)
	b = spelling.AppendBool(b, s.BrowserBound)
	for _, t := range []time.Time{s.CreatedAt, s.LastActivity, s.Due, s.CountdownSent, s.Repaired} {
		b = appendTime(b, t)
	}
	b = spelling.AppendInt(b, int64(s.IdleTimeout))
	b = spelling.AppendInt(b, int64(s.MaxLifetime))
	b = spelling.AppendCount(b, len(s.Proofs))
	for _, p := range s.Proofs {
		b = appendTime(spelling.AppendText(b, p.Method), p.At)
	}
	b = spelling.AppendTexts(b, s.Applications)
	if !longer {
		return b
	}
	b = spelling.AppendCount(spelling.AppendText(b, s.Realm), len(s.Properties))
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		b = spelling.AppendText(spelling.AppendText(b, name), s.Properties[name])
	}
	return b
}

// appendTime spells the zero time as 0.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return spelling.AppendInt(b, 0)
	}
	return spelling.AppendInt(b, t.UnixMilli())
}

// decodeSession reads what encodeSession wrote.
func decodeSession(id session.ID, value []byte) (*session.Session, error) {
	r := spelling.Read(string(value))
	s := &session.Session{ID: id}
	format := r.Byte()
	if format != sessionFormat && format != longerFormat {
		return nil, errFormat
	}
	for _, into := range []*string{&s.EnvironmentID, &s.Origin, &s.UserID, &s.Username, &s.Gen, &s.ACR} {
		*into = r.Text()
	}
	copy(s.SecretDigest[:], r.Take(len(s.SecretDigest)))
	s.BrowserBound = r.Bool()
	for _, into := range []*time.Time{&s.CreatedAt, &s.LastActivity, &s.Due, &s.CountdownSent, &s.Repaired} {
		*into = readTime(&r)
	}
	s.IdleTimeout, s.MaxLifetime = time.Duration(r.Int()), time.Duration(r.Int())
	s.Proofs = make([]session.Proof, r.Count())
	for i := range s.Proofs {
		s.Proofs[i] = session.Proof{Method: r.Text(), At: readTime(&r)}
	}
	s.Applications = r.Texts()
	if format == longerFormat {
		readFurther(&r, s)
	}
	if !r.Whole() {
		return nil, errFormat
	}
	return s, nil
}

// readFurther reads what the longer format has beyond the other.
func readFurther(r *spelling.Reader, s *session.Session) {
	s.Realm = r.Text()
	n := r.Count()
	if n > 0 {
		s.Properties = make(map[string]string, n)
	}
	for range n {
		name := r.Text()
		s.Properties[name] = r.Text()
	}
	if s.Realm == "" && n == 0 || len(s.Properties) != n {
		r.Break()
	}
}

// readTime reads a moment, see appendTime.
func readTime(r *spelling.Reader) time.Time {
	if ms := r.Int(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}
