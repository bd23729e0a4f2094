package grant

import (
	"encoding/json"
	"slices"
)

// Audience is whom a token is for: in JSON a text if it is one, else a list.
//
// RFC 7519 4.1.3.
type Audience []string

// MarshalJSON implements json.Marshaler.
func (a Audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = Audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// Has reports whether a token is for somebody.
func (a Audience) Has(who string) bool { return slices.Contains(a, who) }
