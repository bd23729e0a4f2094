package outbound

import (
	"errors"
	"net/netip"
	"strings"
)

// Reach is how far a call may go.
type Reach int

// The reaches. Whatever they are, link-local addresses, where clouds keep their secrets, are never reached.
const (
	Public   Reach = iota // addresses of the public Internet
	Loopback              // and this machine
	Private               // and private networks
)

// ErrAddress: an address is not one that the server may call.
var ErrAddress = errors.New("address may not be called")

// special are the networks of the IANA special-purpose registries that are not globally reachable, loopback and private networks aside,
// and the relays of 6to4, which lead elsewhere (RFC 7526 4).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("224.0.0.0/3"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("3fff::/20"),
}

// embedding are networks whose addresses carry an IPv4 address that the packet ends up at, and the byte where that begins.
var embedding = []struct {
	network netip.Prefix
	at      int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, {netip.MustParsePrefix("2002::/16"), 2}, // RFC 6052 2.1, RFC 3056 2
}

var (
	global  = netip.MustParsePrefix("2000::/3")
	carrier = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598: shared within a provider's network
)

// check refuses an address that is out of reach.
func (r Reach) check(address netip.Addr) error {
	address = address.Unmap().WithZone("")
	for _, e := range embedding {
		if e.network.Contains(address) {
			bytes := address.As16()
			return r.check(netip.AddrFrom4([4]byte(bytes[e.at:])))
		}
	}
	switch {
	case address.IsLoopback():
		return r.atLeast(Loopback)
	case address.IsPrivate() || carrier.Contains(address):
		return r.atLeast(Private)
	case address.Is6() && !global.Contains(address):
		return ErrAddress
	}
	for _, network := range special {
		if network.Contains(address) {
			return ErrAddress
		}
	}
	return nil
}

func (r Reach) atLeast(needed Reach) error {
	if r < needed {
		return ErrAddress
	}
	return nil
}

// checkName refuses what can be refused without looking a name up.
func (r Reach) checkName(host string) error {
	if isLocalName(host) {
		return r.atLeast(Loopback)
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return r.check(address)
	}
	return nil
}

// IsLocal reports whether a host, a name or an address, itself says that it is this machine.
func IsLocal(host string) bool {
	address, err := netip.ParseAddr(host)
	return isLocalName(host) || err == nil && address.IsLoopback()
}

// isLocalName: RFC 6761 6.3: these names are this machine.
func isLocalName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
