package spelling

import (
	"encoding/binary"
	"time"
)

// AppendText spells a text with its length.
func AppendText[T ~string | ~[]byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// AppendTexts spells a list of texts.
func AppendTexts(b []byte, texts []string) []byte {
	b = AppendCount(b, len(texts))
	for _, text := range texts {
		b = AppendText(b, text)
	}
	return b
}

// AppendCount spells how many things of a list follow.
func AppendCount(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

// AppendInt spells a number.
func AppendInt(b []byte, n int64) []byte { return binary.AppendVarint(b, n) }

// AppendBool spells yes or no.
func AppendBool(b []byte, yes bool) []byte {
	if yes {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendTime spells a moment to the nanosecond, without its place.
func AppendTime(b []byte, t time.Time) []byte {
	return AppendInt(AppendInt(b, t.Unix()), int64(t.Nanosecond()))
}

// Reader reads what was spelled. What it cannot read makes it broken, and everything after that is zero.
type Reader struct {
	rest   string
	broken bool
}

// Read begins to read a record. The texts that it gives are parts of it.
func Read(record string) Reader { return Reader{rest: record} }

// Whole reports whether everything could be read, and nothing is left.
func (r *Reader) Whole() bool { return !r.broken && r.rest == "" }

// Break makes the reader broken: what it read is none of what may stand here.
func (r *Reader) Break() { r.broken = true }

// Take reads so many bytes.
func (r *Reader) Take(n int) string {
	if r.broken || n < 0 || n > len(r.rest) {
		r.broken = true
		return ""
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if b := r.Take(1); b != "" {
		return b[0]
	}
	return 0
}

// Bool reads yes or no.
func (r *Reader) Bool() bool { return r.Byte() == 1 }

// Uint reads a number that is never negative.
func (r *Reader) Uint() (n uint64) {
	for shift := uint(0); shift < 64; shift += 7 {
		b := r.Byte()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.broken = true
	return 0
}

// Int reads a number.
func (r *Reader) Int() int64 {
	n := r.Uint()
	return int64(n>>1) ^ -int64(n&1)
}

// Count reads how many things follow: never more than there are bytes left.
func (r *Reader) Count() int {
	n := r.Uint()
	if n > uint64(len(r.rest)) {
		r.broken = true
		return 0
	}
	return int(n)
}

// Text reads a text.
func (r *Reader) Text() string { return r.Take(r.Count()) }

// Texts reads a list of texts. Nil: it is empty.
func (r *Reader) Texts() []string {
	n := r.Count()
	if n == 0 {
		return nil
	}
	texts := make([]string, n)
	for i := range texts {
		texts[i] = r.Text()
	}
	return texts
}

// Time reads a moment, in UTC.
func (r *Reader) Time() time.Time {
	seconds := r.Int()
	return time.Unix(seconds, r.Int()).UTC()
}
