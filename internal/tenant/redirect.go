package tenant

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"vigil/iframe"
)

// TypeNative is the type of applications that run on people's devices.
const TypeNative = "NATIVE_APP"

// AllowsRedirect reports whether uri is registered: character by character, but for the port of a native application on loopback, and for
// what a star stands for where the application may use stars.
//
// RFC 9700 4.1.3: exact string comparison, except port numbers of localhost redirect URIs of native applications.
func (a *Application) AllowsRedirect(uri string) bool {
	if contains(a.RedirectURIs, uri) {
		return true
	}
	if a.Type != TypeNative && !a.AllowWildcardInRedirectURIs {
		return false
	}
	for _, registered := range a.RedirectURIs {
		if a.Type == TypeNative && sameButForPort(registered, uri) || a.AllowWildcardInRedirectURIs && matchesStar(registered, uri) {
			return true
		}
	}
	return false
}

// OnlyDifference names the part in which alone an address differs from a registered one, such as "the port", for those who look for their
// mistake. Empty: it differs in more from each.
func OnlyDifference(registered []string, uri string) string {
	given, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	found := ""
	for _, address := range registered {
		known, err := url.Parse(address)
		if err != nil {
			continue
		}
		switch part := onlyDifference(known, given); {
		case part == lastSlash:
			return part
		case found == "":
			found = part
		}
	}
	return found
}

const lastSlash = "the slash at its end"

func onlyDifference(known, given *url.URL) string {
	part := ""
	for _, pair := range [...]struct{ name, known, given string }{
		{"the scheme", known.Scheme, given.Scheme},
		{"the host", known.Hostname(), given.Hostname()},
		{"the port", known.Port(), given.Port()},
		{"the path", known.Opaque + known.EscapedPath(), given.Opaque + given.EscapedPath()},
		{"the query", known.RawQuery, given.RawQuery},
		{"the fragment", known.EscapedFragment(), given.EscapedFragment()},
	} {
		switch {
		case pair.known == pair.given:
		case part != "":
			return ""
		case strings.TrimSuffix(pair.known, "/") == strings.TrimSuffix(pair.given, "/"):
			part = lastSlash
		default:
			part = pair.name
		}
	}
	return part
}

// sameButForPort compares addresses on a loopback address, whose port is chosen when the application asks.
//
// RFC 8252 7.3, 8.3: any port on the loopback IP literals; localhost is a name and may lead elsewhere.
func sameButForPort(registered, uri string) bool {
	want, wantsAny := withoutPort(registered)
	given, ok := withoutPort(uri)
	return wantsAny && ok && want == given
}

// withoutPort takes the port out of an http address on a loopback literal, spelled as it was. False: it is no such address.
func withoutPort(address string) (bare string, ok bool) {
	rest, http := strings.CutPrefix(address, "http://")
	if !http {
		return "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Host != rest[:end] {
		return "", false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil || !ip.IsLoopback() || ip.Zone() != "" {
		return "", false
	}
	// RFC 3986 3.2.3: "127.0.0.1:" without digits is no port that anybody listens on either.
	if port, given := u.Port(), strings.Contains(strings.TrimPrefix(u.Host, "["+u.Hostname()+"]"), ":"); given {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", false
		}
	}
	return u.Hostname() + rest[end:], true
}

// matchesStar matches an https address with one star, which stands for letters, digits, hyphens and underscores: within the first label
// of the host or within one segment of the path (PingOne: allowWildcardInRedirectUris).
func matchesStar(pattern, uri string) bool {
	before, after, found := strings.Cut(pattern, "*")
	if !found || !strings.HasPrefix(uri, before) || !strings.HasSuffix(uri, after) || len(uri) <= len(before)+len(after) {
		return false
	}
	for _, c := range uri[len(before) : len(uri)-len(after)] {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// SessionOrigin is the origin that session_state is minted for: that of the Client Session URI, else that of the redirect URI in use.
// Empty: neither is an https or loopback origin that the iframe knows, so session_state is not issued. What stands for a star in a host, and
// a port that was not registered, is not known to it.
func (a *Application) SessionOrigin(redirectURI string) string {
	if origin, registered := a.sessionOrigins[redirectURI]; registered {
		return origin
	}
	address := redirectURI
	if a.ClientSessionURI != "" {
		address = a.ClientSessionURI
	}
	origin, err := iframe.Origin(address)
	if err != nil || !secureOrigin(origin) || !contains(a.origins, origin) {
		return ""
	}
	return origin
}
