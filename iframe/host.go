package iframe

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// parseHost is the host parser of URL Standard 3.5. It is stricter where browsers do not agree among themselves: it refuses
// names with other characters than letters, digits, `-`, `_` and `.`, with an empty or an invisible label, or with one that
// begins with `xn--` and is not Punycode.
func parseHost(name string) (string, error) {
	if strings.HasPrefix(name, "[") {
		return parseIPv6(name)
	}
	name, ok := percentDecode(name)
	if !ok {
		return "", ErrHost
	}
	// URL Standard 3.3, domain to ASCII with beStrict false: UTS 46, non-transitional, no limits of length, hyphens as they come.
	profile := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false),
		idna.BidiRule(), idna.CheckJoiners(true), idna.CheckHyphens(false), idna.VerifyDNSLength(false))
	host, err := profile.ToASCII(name)
	if err != nil || strings.Trim(host, ".") == "" || host[0] == '.' || strings.Contains(host, "..") {
		return "", ErrHost
	}
	// A last label of `xn--` or of soft hyphens is decoded to nothing.
	if strings.HasSuffix(host, ".") && !endsInDot(name) {
		return "", ErrHost
	}
	for _, c := range []byte(host) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return "", ErrHost
		}
	}
	if endsInNumber(host) {
		return parseIPv4(host)
	}
	return host, nil
}

// endsInDot knows all dots of UTS 46, section 2.3.
func endsInDot(name string) bool {
	last, _ := utf8.DecodeLastRuneInString(name)
	return last == '.' || last == '\u3002' || last == '\uff0e' || last == '\uff61'
}

func percentDecode(s string) (string, bool) {
	if !strings.Contains(s, "%") {
		return s, utf8.ValidString(s)
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		b, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return "", false
		}
		out = append(out, b[0])
		i += 2
	}
	return string(out), utf8.Valid(out)
}

// endsInNumber tells a name from an IPv4 address in any of its spellings (URL Standard 3.5, ends in a number checker).
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	digits, isHex := strings.CutPrefix(last, "0x")
	return isHex && strings.Trim(digits, "0123456789abcdef") == ""
}

// parseIPv4 reads one to four decimal, octal or hexadecimal parts, the last of which fills the bytes that are left
// (URL Standard 3.5, IPv4 parser).
func parseIPv4(host string) (string, error) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return "", ErrHost
	}
	var address uint64
	for i, part := range parts {
		n, err := parseIPv4Part(part)
		limit := uint64(256)
		if i == len(parts)-1 {
			limit = 1 << (8 * (5 - len(parts)))
		}
		if err != nil || n >= limit {
			return "", ErrHost
		}
		address = address*limit + n
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String(), nil
}

func parseIPv4Part(part string) (uint64, error) {
	base := 10
	if digits, isHex := strings.CutPrefix(part, "0x"); isHex {
		if digits == "" {
			return 0, nil
		}
		part, base = digits, 16
	} else if len(part) > 1 && part[0] == '0' {
		part, base = part[1:], 8
	}
	return strconv.ParseUint(part, base, 64)
}

// parseIPv6 writes an address as eight groups with the longest run of zeroes, two or more, left out once; never with
// dotted bytes (URL Standard 3.6, IPv6 serializer).
func parseIPv6(name string) (string, error) {
	inner, closed := strings.CutSuffix(name[1:], "]")
	address, err := netip.ParseAddr(inner)
	if !closed || err != nil || !address.Is6() || address.Zone() != "" {
		return "", ErrHost
	}
	if !address.Is4In6() {
		return "[" + address.String() + "]", nil
	}
	b := address.As16()
	high, low := uint64(b[12])<<8|uint64(b[13]), uint64(b[14])<<8|uint64(b[15])
	return "[::ffff:" + strconv.FormatUint(high, 16) + ":" + strconv.FormatUint(low, 16) + "]", nil
}
