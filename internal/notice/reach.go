package notice

import (
	"errors"
	"net/url"

	"vigil/internal/outbound"
)

// ErrRefused: an address is out of reach.
var ErrRefused = errors.New("the address is not one that logout tokens may be sent to")

// reachOf is how far the notices of an environment go: as its configuration says, and to this machine where the issuer itself is on it.
func reachOf(allowPrivate bool, issuer string) outbound.Reach {
	if allowPrivate {
		return outbound.Private
	}
	if u, err := url.Parse(issuer); err == nil && outbound.IsLocal(u.Hostname()) {
		return outbound.Loopback
	}
	return outbound.Public
}
