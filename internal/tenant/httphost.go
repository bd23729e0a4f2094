package tenant

import (
	"net/url"

	"vigil/iframe"
)

// HTTPHost is a server that flows of an environment may call.
type HTTPHost struct {
	Origin string // such as https://api.example.com
	// AllowPrivateAddresses: it may lie in a private network. On this machine only if its name says so, unless this is set.
	AllowPrivateAddresses bool
}

// HTTPHost finds the server that an address is on. Nil: flows may not call it.
func (e *Environment) HTTPHost(address string) *HTTPHost {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return nil
	}
	origin, err := iframe.Origin(u.Scheme + "://" + u.Host)
	if err != nil {
		return nil
	}
	for i := range e.HTTPHosts {
		if e.HTTPHosts[i].Origin == origin {
			return &e.HTTPHosts[i]
		}
	}
	return nil
}
