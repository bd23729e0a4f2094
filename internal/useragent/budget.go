package useragent

import (
	"net/netip"
	"sync"
	"time"
)

// Budget bounds what one address can make the server keep before anybody has proved anything: records of sign-ons begun and of parked requests
// lie in the store until their time is over, so a stranger could fill the disk. The zero Budget is ready. Safe for concurrent use.
type Budget struct {
	Limit int // bytes in 15 minutes. Zero: 256 MiB

	mu    sync.Mutex
	since time.Time
	spent map[netip.Addr]int // bytes
}

// The budget of one address. Whole offices share an address: this is a hundred sign-ons a second.
const (
	budgetBytes  = 256 << 20
	budgetWindow = 15 * time.Minute
	// budgetAddresses bounds the memory; further addresses share one budget until the window ends.
	budgetAddresses = 1 << 16
)

// Spend takes bytes from the budget of an address. False: it is used up for now. An invalid address has a budget too.
func (b *Budget) Spend(from netip.Addr, bytes int, now time.Time) bool {
	if from = from.Unmap().WithZone(""); from.Is6() {
		// RFC 4291 2.5.1: the lower half names an interface; one host has all of them.
		prefix, _ := from.Prefix(64)
		from = prefix.Addr()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent == nil || now.Sub(b.since) >= budgetWindow || now.Before(b.since) {
		b.since, b.spent = now, map[netip.Addr]int{}
	}
	if _, known := b.spent[from]; !known && len(b.spent) >= budgetAddresses {
		from = netip.Addr{}
	}
	limit := b.Limit
	if limit == 0 {
		limit = budgetBytes
	}
	if b.spent[from]+bytes > limit {
		return false
	}
	b.spent[from] += bytes
	return true
}
