package flowhost

import (
	"net/netip"
	"sync"
	"time"

	"vigil/engine/connector"
	"vigil/internal/useragent"
)

// DefaultMaxPending is how many records of strangers a process keeps at once: about a hundred sign-ons begun in every second of 40 minutes, or a
// gigabyte of usual ones.
const DefaultMaxPending = 250_000

// modest is what an address may begin in a quarter of an hour when half of all room is taken, in bytes: some hundred sign-ons.
const modest = 1 << 20

// room counts what is kept for those who have proved nothing yet: sign-ons begun, pushed requests, devices that wait. Each counts until it
// was taken back or has expired. The zero room is ready; a process begins with nothing. Safe for concurrent use.
type room struct {
	mu       sync.Mutex
	byMinute map[int64]int // records, by the minute at whose end they expire
	all      int
	swept    int64 // minute up to which everything was forgotten
	begun    useragent.Budget
	little   useragent.Budget // of those who come when room is short
}

// record is something to be kept until it expires.
type record struct {
	from    netip.Addr
	bytes   int
	expires time.Time
}

// take makes room for a record among at most as many. False: there is none, or none for this address.
//
// What a single address begins is bounded by its budget. Many together could still fill the disk, so there is an end; and before it is reached,
// those who begin little go first.
func (p *room) take(r record, most int, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	if p.all >= most || !p.begun.Spend(r.from, r.bytes, now) {
		return false
	}
	if p.all >= most/2 && !p.little.Spend(r.from, r.bytes, now) {
		return false
	}
	if p.byMinute == nil {
		p.byMinute = map[int64]int{}
	}
	p.byMinute[minuteOf(r.expires)]++
	p.all++
	return true
}

// giveBack notes that a record of that expiry is no more.
func (p *room) giveBack(expires time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := minuteOf(expires); p.byMinute[m] > 0 {
		p.byMinute[m]--
		p.all--
	}
}

// sweep forgets what has expired: at most as many minutes as a run can live.
func (p *room) sweep(now time.Time) {
	present := minuteOf(now)
	if present == p.swept {
		return
	}
	p.swept, p.little.Limit = present, modest
	for m, n := range p.byMinute {
		if m < present {
			p.all -= n
			delete(p.byMinute, m)
		}
	}
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// Affords makes room for bytes that will be kept until they expire for somebody who has proved nothing yet. False: the address has begun too much,
// or all together have.
func (h *Host) Affords(r connector.Request, bytes int, expires, now time.Time) bool {
	from, _ := netip.ParseAddr(r.IP)
	most := h.MaxPending
	if most == 0 {
		most = DefaultMaxPending
	}
	return h.room.take(record{from, bytes, expires}, most, now)
}
