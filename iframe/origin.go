package iframe

import (
	"errors"
	"strings"
)

// The ways in which a text fails to be a web origin. None of them repeats the text.
var (
	ErrScheme = errors.New("origin: only http and https URLs have one")
	ErrHost   = errors.New("origin: the host is missing or is not one a browser accepts")
	ErrPort   = errors.New("origin: the port is not a number up to 65535")
)

// Origin returns the origin of an absolute http or https URL as a browser serialises it: `new URL(raw).origin`.
// Scheme and host are in lower case, the host is in ASCII, IP addresses in their one spelling, the default port is left out.
// What a browser would refuse, or would not send as the origin of a message, is ErrScheme, ErrHost or ErrPort.
// URL Standard 4.4 and 4.7, https://url.spec.whatwg.org/.
func Origin(raw string) (string, error) {
	if n := canonicalLen(raw); n > 0 {
		return raw[:n], nil
	}
	scheme, rest, err := splitScheme(raw)
	if err != nil {
		return "", err
	}
	authority := rest
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		authority = rest[:end]
	}
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	name, digits := splitPort(authority)
	host, err := parseHost(name)
	if err != nil {
		return "", err
	}
	port, err := parsePort(digits)
	if err != nil {
		return "", err
	}
	if port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return scheme + "://" + host, nil
	}
	return scheme + "://" + host + ":" + port, nil
}

// canonicalLen spares the usual spelling all work: it is the length of an origin that is canonical as it stands, or 0 if
// raw needs the long way. Only lower-case names whose last label begins with a letter count, and no `xn--`.
func canonicalLen(raw string) int {
	const http, https = "http://", "https://"
	start, standard := len(https), ":443"
	if !strings.HasPrefix(raw, https) {
		if start, standard = len(http), ":80"; !strings.HasPrefix(raw, http) {
			return 0
		}
	}
	i, label := start, start
	for ; i < len(raw); i++ {
		c := raw[i]
		if c == '.' && i > label {
			label = i + 1
		} else if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			break
		}
	}
	host := raw[start:i]
	if label == i || raw[label] < 'a' || strings.Contains(host, "xn--") {
		return 0
	}
	if i < len(raw) && raw[i] == ':' {
		from := i
		for i++; i < len(raw) && raw[i] >= '0' && raw[i] <= '9'; i++ {
		}
		if port := raw[from:i]; len(port) < 2 || len(port) > 5 || port[1] == '0' || port == standard {
			return 0
		}
	}
	if i == len(raw) || raw[i] == '/' || raw[i] == '?' || raw[i] == '#' {
		return i
	}
	return 0
}

// splitScheme does what a browser does before it looks for a host: it trims, drops tabs and line ends, reads the scheme in
// any case and passes over any number of slashes, either way round (URL Standard 4.4, special authority ignore slashes state).
func splitScheme(raw string) (scheme, rest string, err error) {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(raw, "\t\n\r") {
		raw = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(raw)
	}
	scheme, rest, found := strings.Cut(raw, ":")
	scheme = asciiLower(scheme)
	if !found || scheme != "http" && scheme != "https" {
		return "", "", ErrScheme
	}
	return scheme, strings.TrimLeft(rest, `/\`), nil
}

// splitPort parts a host from its port at the first colon outside brackets.
func splitPort(authority string) (host, port string) {
	from := strings.LastIndexByte(authority, ']') + 1
	if colon := strings.IndexByte(authority[from:], ':'); colon >= 0 {
		return authority[:from+colon], authority[from+colon+1:]
	}
	return authority, ""
}

func parsePort(digits string) (string, error) {
	if strings.Trim(digits, "0123456789") != "" {
		return "", ErrPort
	}
	port := strings.TrimLeft(digits, "0")
	if port == "" && digits != "" {
		return "0", nil
	}
	if len(port) > 5 || len(port) == 5 && port > "65535" {
		return "", ErrPort
	}
	return port, nil
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
