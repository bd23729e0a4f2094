package clientcert

import (
	"crypto/x509"
	"net/netip"
	"slices"
	"strings"

	"vigil/internal/tenant"
)

// Names reports whether a certificate bears the name that an application registered for TLS_CLIENT_AUTH.
//
// RFC 8705 2.1.2: exactly one of the names is registered, and it is the one that counts.
func Names(app *tenant.Application, c *x509.Certificate) bool {
	switch {
	case app.TLSClientAuthSubjectDN != "":
		wanted, err := ParseName(app.TLSClientAuthSubjectDN)
		if err != nil {
			return false
		}
		borne, err := nameOf(c.RawSubject)
		return err == nil && wanted.equal(borne)
	case app.TLSClientAuthSANDNS != "":
		// RFC 4343 2: without case.
		return slices.ContainsFunc(c.DNSNames, func(name string) bool { return strings.EqualFold(name, app.TLSClientAuthSANDNS) })
	case app.TLSClientAuthSANURI != "":
		for _, u := range c.URIs {
			if u.String() == app.TLSClientAuthSANURI {
				return true
			}
		}
		return false
	case app.TLSClientAuthSANEmail != "":
		return slices.Contains(c.EmailAddresses, app.TLSClientAuthSANEmail)
	case app.TLSClientAuthSANIP != "":
		wanted, err := netip.ParseAddr(app.TLSClientAuthSANIP)
		for _, ip := range c.IPAddresses {
			if borne, ok := netip.AddrFromSlice(ip); ok && err == nil && borne.Unmap() == wanted.Unmap() {
				return true
			}
		}
	}
	return false
}
