package clientcert

import (
	"cmp"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Name is a distinguished name: its parts from the leaf to the root, each a set of attributes.
type Name [][]attribute

type attribute struct{ kind, value string } // kind is an object identifier

// ErrName: a text is no distinguished name.
var ErrName = errors.New("not a distinguished name")

// kinds are the short names of attributes.
//
// RFC 4514 3, and what certificates of organisations bear besides.
var kinds = map[string]string{
	"CN": "2.5.4.3", "L": "2.5.4.7", "ST": "2.5.4.8", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6", "STREET": "2.5.4.9",
	"DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
	"SERIALNUMBER": "2.5.4.5", "EMAILADDRESS": "1.2.840.113549.1.9.1", "POSTALCODE": "2.5.4.17", "BUSINESSCATEGORY": "2.5.4.15",
	"ORGANIZATIONIDENTIFIER": "2.5.4.97", "SN": "2.5.4.4", "GN": "2.5.4.42", "T": "2.5.4.12",
}

var dotted = regexp.MustCompile(`^[0-2](\.(0|[1-9][0-9]*))+$`)

// ParseName reads the text form of a name. ErrName.
//
// RFC 4514 2, 3.
func ParseName(text string) (Name, error) {
	if text == "" || !utf8.ValidString(text) {
		return nil, ErrName
	}
	var name Name
	part := []attribute{}
	for rest := text; ; {
		kind, after, found := strings.Cut(rest, "=")
		kind = strings.ToUpper(strings.TrimSpace(kind))
		if known, ok := kinds[kind]; ok {
			kind = known
		} else if !found || !dotted.MatchString(kind) {
			return nil, ErrName
		}
		value, separator, left, err := readValue(after)
		if err != nil {
			return nil, err
		}
		part = append(part, attribute{kind, value})
		if separator != '+' {
			name, part = append(name, sorted(part)), nil
		}
		if separator == 0 {
			return name, nil
		}
		rest = left
	}
}

// readValue reads a value up to its separator. Zero: the text ends there.
func readValue(text string) (value string, separator byte, rest string, err error) {
	var b strings.Builder
	kept := 0 // bytes of b that trailing spaces do not belong to
	text = strings.TrimLeft(text, " ")
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == ',' || c == '+':
			value, err = finish(text[:i], b.String()[:kept])
			return value, c, text[i+1:], err
		case strings.IndexByte("\";<>\x00", c) >= 0:
			return "", 0, "", ErrName
		case c != '\\':
			b.WriteByte(c)
			if c != ' ' {
				kept = b.Len()
			}
		case i+1 < len(text) && strings.IndexByte(` "#+,;<=>\`, text[i+1]) >= 0:
			b.WriteByte(text[i+1])
			i, kept = i+1, b.Len()
		default:
			raw, err := hex.DecodeString(text[min(i+1, len(text)):min(i+3, len(text))])
			if err != nil || len(raw) != 1 {
				return "", 0, "", ErrName
			}
			b.WriteByte(raw[0])
			i, kept = i+2, b.Len()
		}
	}
	value, err = finish(text, b.String()[:kept])
	return value, 0, "", err
}

// finish gives a value: as it was written, or what its encoding holds.
//
// RFC 4514 2.4: a value that begins with a number sign is the hexadecimal form of its BER encoding.
func finish(written, value string) (string, error) {
	encoded, is := strings.CutPrefix(written, "#")
	if !is {
		if value == "" || !utf8.ValidString(value) {
			return "", ErrName
		}
		return value, nil
	}
	raw, err := hex.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", ErrName
	}
	var decoded any
	if rest, err := asn1.Unmarshal(raw, &decoded); err != nil || len(rest) > 0 {
		return "", ErrName
	}
	text, ok := decoded.(string)
	if !ok || text == "" {
		return "", ErrName
	}
	return text, nil
}

// nameOf reads the name in a certificate. ErrName: it holds a value that is no text.
func nameOf(raw []byte) (Name, error) {
	var sequence pkix.RDNSequence
	if rest, err := asn1.Unmarshal(raw, &sequence); err != nil || len(rest) > 0 {
		return nil, ErrName
	}
	var name Name
	for _, set := range slices.Backward(sequence) {
		var part []attribute
		for _, a := range set {
			text, ok := a.Value.(string)
			if !ok {
				return nil, ErrName
			}
			part = append(part, attribute{a.Type.String(), text})
		}
		name = append(name, sorted(part))
	}
	return name, nil
}

func sorted(part []attribute) []attribute {
	slices.SortFunc(part, func(a, b attribute) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.value, b.value))
	})
	return part
}

// equal compares attribute by attribute, letter by letter: stricter than directories are.
func (n Name) equal(other Name) bool {
	return slices.EqualFunc(n, other, func(a, b []attribute) bool { return slices.Equal(a, b) })
}
