package attempts

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"
)

// span is the step of the expiries in the keys. A tally written within one span is kept to the end of the next, and it
// matters for at most one span: a lock of an hour, then an hour until it is forgiven.
const span = 2 * time.Hour

// subject is a name or an address of an environment: one letter and a digest. Names may be passwords typed into the wrong field.
type subject [17]byte

func nameSubject(environment, name string) subject { return digest('n', environment, []byte(name)) }

func addressSubject(environment string, from netip.Addr) subject {
	from = from.Unmap().WithZone("")
	if from.Is6() {
		prefix, _ := from.Prefix(64) // RFC 4291 2.5.1: the lower half names an interface; one host has all of them
		from = prefix.Addr()
	}
	return digest('a', environment, from.AsSlice())
}

func digest(kind byte, environment string, what []byte) subject {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(environment))))
	h.Write([]byte(environment))
	h.Write(what)
	return subject(append([]byte{kind}, h.Sum(nil)[:16]...))
}

// keys gives where the tally of s may be: written in the last span, in this one, or in the next one by a node whose clock is ahead.
func (s subject) keys(now int64) [][]byte {
	current := now / span.Milliseconds()
	keys := make([][]byte, 3)
	for i := range keys {
		keys[i] = append(milliseconds((current+int64(i)+1)*span.Milliseconds()), s[:]...)
	}
	return keys
}

// current is the index in keys of the present span.
const current = 1

func milliseconds(ms int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(ms))[2:]
}

func (s subject) isName() bool { return s[0] == 'n' }
