package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/iframe"
)

// origin reads scheme, host and port and nothing more, in the spelling of browsers.
func origin() kind[string] {
	return checked(text("an origin"), func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		return r.refuseOrigin(n, v, v)
	})
}

// corsOrigin reads an origin or https://*.example.com, which stands for one label.
func corsOrigin() kind[string] {
	return checked(text("an origin"), func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		scheme, host, _ := strings.Cut(v, "://")
		label, parent, dotted := strings.Cut(host, ".")
		if label != "*" {
			return r.refuseOrigin(n, v, v)
		}
		if !dotted || !strings.Contains(parent, ".") && parent != "localhost" && !strings.HasPrefix(parent, "localhost:") {
			d := r.fault(n, ruleOrigin, "%s would stand for sites of strangers", shown(v))
			d.Hint = "a * may stand for one label below a domain, as in https://*.example.com"
			return d
		}
		return r.refuseOrigin(n, v, scheme+"://"+parent)
	})
}

// refuseOrigin judges bare, which is v without its wildcard, and speaks of v.
func (r *reader) refuseOrigin(n *yaml.Node, v, bare string) *diag.Diagnostic {
	canonical, err := iframe.Origin(bare)
	if err != nil {
		d := r.fault(n, ruleOrigin, "%s is not an origin", shown(v))
		d.Hint = "write scheme and host, and a port if it is not the usual one: https://sso.example.com"
		return d
	}
	if canonical != bare {
		d := r.fault(n, ruleOrigin, "%s is not how browsers write this origin", shown(v))
		d.Hint = "write " + strings.Replace(v, bare, canonical, 1)
		return d
	}
	return r.refuseScheme(n, v, canonical)
}

// refuseScheme wants https, except where nobody is in between.
func (r *reader) refuseScheme(n *yaml.Node, v, canonical string) *diag.Diagnostic {
	host, plain := strings.CutPrefix(canonical, "http://")
	if !plain || isLoopback(host) {
		return nil
	}
	d := r.fault(n, ruleOrigin, "%s needs https", shown(v))
	d.Hint = "plain http is for localhost, *.localhost and loopback addresses only"
	return d
}

// isLoopback judges host[:port] of a canonical origin.
//
// Secure Contexts 3.1: such hosts are potentially trustworthy without TLS.
func isLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// listenAddress reads host:port; no host means every interface, port 0 any free one.
func listenAddress() kind[string] {
	const hint = "write host and port, such as 127.0.0.1:8080, or :8080 for every interface"
	plain := text("an address")
	return kind[string]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (string, bool) {
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" {
			r.fault(n, ruleAddress, "%s is not an address", n.Value).Hint = "write 127.0.0.1:" + n.Value + ", or \":" + n.Value + "\" for every interface"
			return "", false
		}
		v, ok := plain.read(r, n, path)
		if !ok {
			return "", false
		}
		host, port, err := net.SplitHostPort(v)
		number, bad := strconv.ParseUint(port, 10, 16)
		if err != nil || bad != nil || strings.ContainsAny(host, "/@ ") || port != strconv.FormatUint(number, 10) {
			r.fault(n, ruleAddress, "%s is not an address", shown(v)).Hint = hint
			return "", false
		}
		return v, true
	}}
}

// network reads a CIDR block, or one address.
func network() kind[netip.Prefix] {
	plain := text("a network")
	return kind[netip.Prefix]{name: plain.name, read: func(r *reader, n *yaml.Node, path string) (netip.Prefix, bool) {
		v, ok := plain.read(r, n, path)
		if !ok {
			return netip.Prefix{}, false
		}
		if address, err := netip.ParseAddr(v); err == nil && address.Zone() == "" {
			return netip.PrefixFrom(address, address.BitLen()), true
		}
		prefix, err := netip.ParsePrefix(v)
		switch {
		case err != nil:
			r.fault(n, ruleAddress, "%s is not a network", shown(v)).Hint = "write it as 10.0.0.0/8 or as one address"
			return netip.Prefix{}, false
		case prefix != prefix.Masked():
			r.fault(n, ruleAddress, "%s has bits beyond its length", shown(v)).Hint = "did you mean " + prefix.Masked().String() + "?"
			return netip.Prefix{}, false
		case prefix.Bits() == 0:
			r.warn(n, ruleAddress, "%s lets everybody choose the address they seem to come from", v).Hint = "name the proxies only"
		}
		return prefix, true
	}}
}
