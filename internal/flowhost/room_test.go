package flowhost_test

import (
	"net/netip"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/internal/flowhost"
)

func from(n uint32) connector.Request {
	return connector.Request{IP: netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()}
}

func TestAFloodFromManyAddressesFindsAnEndAndExpiredRecordsMakeRoom(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	h := &flowhost.Host{}
	kept := 0
	for n := range uint32(2 * flowhost.DefaultMaxPending) {
		if h.Affords(from(n%50_000), 1<<10, now.Add(15*time.Minute), now) {
			kept++
		}
	}
	if kept != flowhost.DefaultMaxPending {
		t.Errorf("%d records are kept", kept)
	}
	if h.Affords(from(1<<31), 4<<10, now.Add(time.Minute), now.Add(14*time.Minute)) {
		t.Error("there is room before anything expired")
	}
	if !h.Affords(from(1<<31), 4<<10, now.Add(17*time.Minute), now.Add(16*time.Minute)) {
		t.Error("what expired leaves no room")
	}
}

func TestWhoHasBegunLittleGoesFirstWhenRoomIsShort(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	h := &flowhost.Host{MaxPending: 1000}
	greedy := 0
	for range 2000 {
		if h.Affords(from(1), 8<<10, now.Add(15*time.Minute), now) {
			greedy++
		}
	}
	if greedy < 500 || greedy > 700 {
		t.Errorf("one address took %d of 1000", greedy)
	}
	for n := range uint32(200) {
		if !h.Affords(from(2+n), 8<<10, now.Add(15*time.Minute), now) {
			t.Fatalf("neighbour %d pays for it", n)
		}
	}
}
