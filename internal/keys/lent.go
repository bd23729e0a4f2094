package keys

import (
	"crypto/rsa"
	"sync"
	"sync/atomic"
)

// Lent are RSA keys that the servers of rehearsals and tests are given over and over, see Options.RSA: to make new ones for each of some
// hundred servers would take longer than all else that they do. None of them may protect anything. The zero value is ready for use, by many at
// a time.
type Lent struct {
	keys [16]struct {
		once sync.Once
		key  *rsa.PrivateKey
		err  error
	}
	asked atomic.Uint32
}

// Next gives one of the keys. It comes again after fifteen others, which is more than one server asks for.
func (r *Lent) Next() (*rsa.PrivateKey, error) {
	lent := &r.keys[r.asked.Add(1)%uint32(len(r.keys))]
	lent.once.Do(func() { lent.key, lent.err = newRSA() })
	return lent.key, lent.err
}
