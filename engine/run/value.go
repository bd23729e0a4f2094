package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"vigil/engine/connector"
)

// Values are values of the flow language by name. Their JSON tells the kinds apart, so that what is read back is what was written:
// strings, bools, numbers, lists and null are JSON's own, everything else is an object with one key, {"$user": …}.
type Values map[string]any

// MarshalJSON writes the kinds beside the values. It refuses a secret.
func (v Values) MarshalJSON() ([]byte, error) {
	tagged := make(map[string]any, len(v))
	for name, value := range v {
		t, err := tag(value)
		if err != nil {
			return nil, fmt.Errorf("value %q: %w", name, err)
		}
		tagged[name] = t
	}
	return json.Marshal(tagged)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Values) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*v = make(Values, len(raw))
	for name, text := range raw {
		value, err := untag(text)
		if err != nil {
			return fmt.Errorf("value %q: %w", name, err)
		}
		(*v)[name] = value
	}
	return nil
}

func tag(value any) (any, error) {
	switch value := value.(type) {
	case nil, string, bool, float64:
		return value, nil
	case time.Duration:
		return map[string]any{"$duration": int64(value)}, nil
	case time.Time:
		return map[string]any{"$time": value}, nil
	case connector.AccountValue:
		return map[string]any{"$account": value}, nil
	case connector.UserValue:
		return map[string]any{"$user": value}, nil
	case connector.SessionValue:
		return map[string]any{"$session": value}, nil
	case connector.ChallengeValue:
		return map[string]any{"$challenge": value}, nil
	case map[string]any:
		return map[string]any{"$object": Values(value)}, nil
	case []any:
		list := make([]any, len(value))
		for i := range value {
			t, err := tag(value[i])
			if err != nil {
				return nil, err
			}
			list[i] = t
		}
		return list, nil
	}
	return nil, fmt.Errorf("%T cannot be stored", value)
}

func untag(text json.RawMessage) (any, error) {
	switch {
	case bytes.HasPrefix(text, []byte("[")):
		var raw []json.RawMessage
		if err := json.Unmarshal(text, &raw); err != nil {
			return nil, err
		}
		list := make([]any, len(raw))
		for i := range raw {
			value, err := untag(raw[i])
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case bytes.HasPrefix(text, []byte("{")):
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(text, &raw); err != nil {
			return nil, err
		}
		if len(raw) == 1 {
			for kind, inner := range raw {
				return untagKind(kind, inner)
			}
		}
		return nil, fmt.Errorf("an object with %d keys, wanted its kind", len(raw))
	}
	var value any
	err := json.Unmarshal(text, &value)
	return value, err
}

func untagKind(kind string, text json.RawMessage) (any, error) {
	switch kind {
	case "$duration":
		return decode[time.Duration](text)
	case "$time":
		return decode[time.Time](text)
	case "$account":
		return decode[connector.AccountValue](text)
	case "$user":
		return decode[connector.UserValue](text)
	case "$session":
		return decode[connector.SessionValue](text)
	case "$challenge":
		return decode[connector.ChallengeValue](text)
	case "$object":
		var values Values
		err := json.Unmarshal(text, &values)
		return map[string]any(values), err
	}
	return nil, fmt.Errorf("unknown kind %q", kind)
}

func decode[T any](text json.RawMessage) (any, error) {
	var value T
	err := json.Unmarshal(text, &value)
	return value, err
}

// roughly is never below the length of the values' JSON.
func roughly(values map[string]any) int {
	size := 2
	for name, value := range values {
		size += len(name) + 8 + roughValue(value)
	}
	return size
}

func roughValue(value any) int {
	switch value := value.(type) {
	case string:
		return roughText(value)
	case connector.AccountValue:
		return roughAccount(value)
	case connector.UserValue:
		return roughAccount(value.AccountValue)
	case connector.SessionValue:
		return 256 + roughText(value.ID) + roughAccount(value.User.AccountValue) + 256*len(value.Proofs)
	case connector.ChallengeValue:
		return 256 + roughText(value.ID) + roughText(value.AccountID)
	case map[string]any:
		return 16 + roughly(value)
	case []any:
		size := 2
		for i := range value {
			size += 1 + roughValue(value[i])
		}
		return size
	}
	return 64
}

func roughAccount(a connector.AccountValue) int {
	size := 512 + roughText(a.ID) + roughText(a.Username) + roughText(a.Email) + roughText(a.GivenName) + roughText(a.FamilyName) + roughText(a.Phone)
	for _, group := range a.Groups {
		size += roughText(group)
	}
	for name, value := range a.Attributes {
		size += roughText(name) + roughText(value)
	}
	return size
}

// roughText allows for the longest escape of JSON: one byte becomes \u00xx.
func roughText(s string) int { return 6*len(s) + 3 }
