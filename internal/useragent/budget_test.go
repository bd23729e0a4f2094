package useragent_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil/internal/store/kv"
	"vigil/internal/store/kvtest"
	"vigil/internal/store/schema"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
)

func TestOneAddressCannotFillTheDiskAndItsNeighboursDoNotPayForIt(t *testing.T) {
	var b useragent.Budget
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	kept := 0
	for i := range 100_000 {
		// RFC 4291 2.5.1: one host may speak from any address of its /64.
		from := netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: byte(i)})
		if b.Spend(from, 16<<10, now) {
			kept += 16 << 10
		}
	}
	if kept == 0 || kept > 256<<20 {
		t.Errorf("%d bytes kept for one address", kept)
	}
	if !b.Spend(netip.MustParseAddr("192.0.2.8"), 16<<10, now) {
		t.Error("another address pays for it")
	}
	if !b.Spend(netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8}), 16<<10, now.Add(15*time.Minute)) {
		t.Error("the address is refused for longer than what it left is kept")
	}
}

func TestAStrangerWhoParksWithoutEndIsToldToWait(t *testing.T) {
	p := useragent.Parking{
		KV: kvtest.NewWeak(schema.All(), 1), Now: time.Now, Random: rand.Reader, Budget: useragent.Budget{Limit: 100 << 10},
		Address: func(r *http.Request) netip.Addr { return netip.MustParseAddrPort(r.RemoteAddr).Addr() },
	}
	park := func(from string) error {
		r := httptest.NewRequest(http.MethodPost, "https://sso.example.com/as/signoff", nil)
		r.RemoteAddr, r.Form = from, url.Values{"state": {strings.Repeat("x", 40<<10)}}
		_, err := p.Park(r, tenant.Base{Origin: "https://sso.example.com"})
		return err
	}
	for i, want := range []error{nil, nil, kv.ErrConflict, kv.ErrConflict} {
		if err := park("192.0.2.7:1"); !errors.Is(err, want) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if err := park("192.0.2.8:1"); err != nil {
		t.Errorf("another address: %v", err)
	}
}
