package outbound

import (
	"net/netip"
	"testing"
)

func TestOnlyAddressesWithinReachAreSpokenTo(t *testing.T) {
	for address, least := range map[string]Reach{
		"93.184.215.14": Public, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": Public, "::ffff:93.184.215.14": Public, "64:ff9b::5db8:d70e": Public,
		"127.0.0.1": Loopback, "127.8.8.8": Loopback, "::1": Loopback, "::ffff:127.0.0.1": Loopback, "64:ff9b::7f00:1": Loopback, "2002:7f00:1::": Loopback,
		"10.1.2.3": Private, "172.16.0.1": Private, "172.31.255.255": Private, "192.168.1.1": Private, "100.64.0.1": Private, "fd00::1": Private,
		"::ffff:10.0.0.1": Private, "64:ff9b::a00:1": Private, "2002:a00:1::1": Private,
		// Nobody's, whatever the configuration says.
		"169.254.169.254": Private + 1, "::ffff:169.254.169.254": Private + 1, "64:ff9b::a9fe:a9fe": Private + 1, "fe80::1": Private + 1,
		"0.0.0.0": Private + 1, "0.1.2.3": Private + 1, "::": Private + 1, "224.0.0.1": Private + 1, "255.255.255.255": Private + 1, "240.0.0.1": Private + 1,
		"192.0.0.8": Private + 1, "192.88.99.1": Private + 1, "64:ff9b:1::1": Private + 1, "192.0.2.1": Private + 1, "198.18.0.1": Private + 1, "198.51.100.1": Private + 1, "203.0.113.1": Private + 1,
		"ff02::1": Private + 1, "2001:db8::1": Private + 1, "2001::1": Private + 1, "100::1": Private + 1, "fec0::1": Private + 1, "::7f00:1": Private + 1,
	} {
		for reach := Public; reach <= Private; reach++ {
			if got := reach.check(netip.MustParseAddr(address)) == nil; got != (reach >= least) {
				t.Errorf("%s within reach %d: %v", address, reach, got)
			}
		}
	}
}

// FuzzReach: whatever the bytes of an address, a reach that is wider refuses nothing that a narrower one allows, and none reaches link-local addresses.
func FuzzReach(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:a00:1::1", "fe80::1"} {
		f.Add(netip.MustParseAddr(seed).AsSlice())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		address, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		for reach := Public; reach < Private; reach++ {
			if reach.check(address) == nil && (reach+1).check(address) != nil {
				t.Errorf("%v", address)
			}
		}
		if Private.check(address) == nil && address.Unmap().IsLinkLocalUnicast() || Public.check(address) == nil && (address.Unmap().IsPrivate() || address.Unmap().IsLoopback()) {
			t.Errorf("%v is allowed", address)
		}
	})
}
