package events

import (
	"net/netip"
	"sync"

	"vigil/internal/session"
)

// Limits bound the streams that are open at a time.
type Limits struct {
	// Total of this process. Zero: 50,000.
	Total int
	// PerAddress bounds one client address, behind which may be a whole office. Zero: 5,000.
	PerAddress int
	// PerSession: the oldest stream of a session makes room for one too many. Zero: 16.
	PerSession int
}

func (l Limits) withDefaults() Limits {
	return Limits{Total: or(l.Total, 50_000), PerAddress: or(l.PerAddress, 5_000), PerSession: or(l.PerSession, 16)}
}

func or(n, zero int) int {
	if n == 0 {
		return zero
	}
	return n
}

// slots counts open streams.
type slots struct {
	limits Limits

	mu        sync.Mutex
	total     int
	byAddress map[netip.Addr]int
	bySession map[session.ID][]*slot // the oldest first
}

// slot is the place of one stream.
type slot struct {
	slots   *slots
	id      session.ID
	address netip.Addr
	evicted chan struct{} // closed when the stream must go
}

// take gives a stream its place. False: there is none.
func (s *slots) take(id session.ID, address netip.Addr) (*slot, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= s.limits.Total || s.byAddress[address] >= s.limits.PerAddress {
		return nil, false
	}
	if s.byAddress == nil {
		s.byAddress, s.bySession = map[netip.Addr]int{}, map[session.ID][]*slot{}
	}
	if same := s.bySession[id]; len(same) >= s.limits.PerSession {
		close(same[0].evicted)
		s.bySession[id] = same[1:]
	}
	taken := &slot{slots: s, id: id, address: address, evicted: make(chan struct{})}
	s.total++
	s.byAddress[address]++
	s.bySession[id] = append(s.bySession[id], taken)
	return taken, true
}

// free gives the place back.
func (t *slot) free() {
	s := t.slots
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.byAddress[t.address]--; s.byAddress[t.address] == 0 {
		delete(s.byAddress, t.address)
	}
	kept := make([]*slot, 0, len(s.bySession[t.id]))
	for _, other := range s.bySession[t.id] {
		if other != t {
			kept = append(kept, other)
		}
	}
	if s.bySession[t.id] = kept; len(kept) == 0 {
		delete(s.bySession, t.id)
	}
}
