package run

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"vigil/engine/connector"
)

const (
	maxItems = 200 // of a list
	maxDepth = 16  // of an object
)

// fit checks a value against a type and gives it as that type: a user where an account is wanted becomes one.
func fit(t connector.Type, value any) (any, error) {
	if value == nil {
		if t.Optional {
			return nil, nil
		}
		return nil, errNothing
	}
	switch t.Kind {
	case connector.Account:
		if user, ok := value.(connector.UserValue); ok {
			value = user.AccountValue
		}
	case connector.List:
		return fitList(t, value)
	case connector.Object:
		return fitObject(t, value)
	case connector.Device, connector.DeviceRequest:
		return plain(value, 0)
	}
	if kindOf(value) != t.Kind {
		return nil, fmt.Errorf("wanted %s, got %T", t, value)
	}
	return sound(value)
}

func kindOf(value any) connector.Kind {
	switch value.(type) {
	case string:
		return connector.String
	case bool:
		return connector.Bool
	case float64:
		return connector.Number
	case time.Duration:
		return connector.Duration
	case time.Time:
		return connector.Time
	case connector.AccountValue:
		return connector.Account
	case connector.UserValue:
		return connector.User
	case connector.SessionValue:
		return connector.Session
	case connector.ChallengeValue:
		return connector.Challenge
	case connector.SecretValue:
		return connector.Secret
	}
	return ""
}

// sound refuses what JSON could not carry from step to step.
func sound(value any) (any, error) {
	switch v := value.(type) {
	case string:
		if !utf8.ValidString(v) {
			return strings.ToValidUTF8(v, "\ufffd"), nil
		}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errors.New("a number that is none")
		}
	case time.Time:
		if !storable(v) {
			return nil, errors.New("a time outside of the years 0 to 9999")
		}
	case connector.AccountValue:
		return value, soundAccount(&v)
	case connector.UserValue:
		return value, soundAccount(&v.AccountValue)
	case connector.SessionValue:
		if v.ID == "" || !storable(v.CreatedAt) {
			return nil, errors.New("a session without id or time")
		}
		return value, soundAccount(&v.User.AccountValue)
	case connector.ChallengeValue:
		if v.ID == "" || !storable(v.ExpiresAt) {
			return nil, errors.New("a challenge without id or time")
		}
	}
	return value, nil
}

func soundAccount(a *connector.AccountValue) error {
	if a.ID == "" {
		return errors.New("an account without id")
	}
	if !storable(a.PasswordChanged) || !storable(a.CreatedAt) {
		return errors.New("an account with a time outside of the years 0 to 9999")
	}
	return nil
}

func storable(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }

func fitList(t connector.Type, value any) (any, error) {
	items, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("wanted %s, got %T", t, value)
	}
	if len(items) > maxItems {
		return nil, fmt.Errorf("a list of %d items, more than %d", len(items), maxItems)
	}
	if t.Elem == nil {
		return plain(value, 0)
	}
	fitted := make([]any, len(items))
	for i := range items {
		if _, secret := items[i].(connector.SecretValue); secret {
			return nil, errors.New("a secret inside a list")
		}
		item, err := fit(*t.Elem, items[i])
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
		fitted[i] = item
	}
	return fitted, nil
}

func fitObject(t connector.Type, value any) (any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("wanted %s, got %T", t, value)
	}
	if t.Fields == nil {
		return plain(value, 0)
	}
	fitted := make(map[string]any, len(t.Fields))
	for i := range t.Fields {
		field := &t.Fields[i]
		if _, secret := object[field.Name].(connector.SecretValue); secret {
			return nil, errors.New("a secret inside an object")
		}
		inner, err := fit(field.Type, object[field.Name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field.Name, err)
		}
		fitted[field.Name] = inner
	}
	return fitted, nil
}

// plain copies a value of which nothing is declared: texts, bools, numbers, times, lists and objects of these.
func plain(value any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("an object deeper than %d", maxDepth)
	}
	switch value := value.(type) {
	case nil:
		return nil, nil
	case []any:
		if len(value) > maxItems {
			return nil, fmt.Errorf("a list of %d items, more than %d", len(value), maxItems)
		}
		items := make([]any, len(value))
		for i := range value {
			item, err := plain(value[i], depth+1)
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return items, nil
	case map[string]any:
		object := make(map[string]any, len(value))
		for name := range value {
			inner, err := plain(value[name], depth+1)
			if err != nil {
				return nil, err
			}
			object[name] = inner
		}
		return object, nil
	case string, bool, float64, time.Time, time.Duration:
		return sound(value)
	}
	return nil, fmt.Errorf("a %T inside an object", value)
}
