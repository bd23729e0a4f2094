package expression

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"vigil/engine/connector"
)

// functionError is a failure that a function of ours explains without quoting data.
type functionError struct{ text string }

// Error gives the explanation.
func (e *functionError) Error() string { return e.text }

// ownFunction replaces, or adds to, what expr-lang has.
type ownFunction struct {
	call  func(args ...any) (any, error)
	types []reflect.Type
}

var ownFunctions = map[string]ownFunction{
	"now":      {func(...any) (any, error) { return nil, &functionError{"now() has no clock"} }, types[func() time.Time]()},
	"duration": {ofText(func(s string) (any, error) { return connector.ParseDuration(s) }, "duration: the text is no duration"), types[func(any) time.Duration]()},
	"date":     {ofText(func(s string) (any, error) { return connector.ParseTime(s) }, "date: the text is no date"), types[func(any) time.Time]()},
	"mask":     {ofText(func(s string) (any, error) { return mask(s), nil }, "mask: wanted a text"), types[func(any) string]()},
	"split":    {split, types[func(any, any) []string]()},
	timesName:  {times, types[func(any, any) time.Duration]()},
	"join":     {join, append(types[func(any, any) string](), types[func(any) string]()...)},
}

// timesName is what a duration times a number is compiled to. Authors cannot call it.
const timesName = "duration*"

// times multiplies a duration, in either order.
func times(args ...any) (any, error) {
	d, ok := args[0].(time.Duration)
	by := args[1]
	if !ok {
		d, ok = args[1].(time.Duration)
		by = args[0]
	}
	finite, err := number(by)
	n, isNumber := finite.(float64)
	if !ok || err != nil || !isNumber {
		return nil, &functionError{"a duration is multiplied with something that is no number"}
	}
	product := float64(d) * n
	if math.Abs(product) > float64(100*365*24*time.Hour) {
		return nil, &functionError{"a duration is longer than a hundred years"}
	}
	return time.Duration(product), nil
}

func types[F any]() []reflect.Type { return []reflect.Type{reflect.TypeFor[F]()} }

func ofText(f func(string) (any, error), failure string) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if s, ok := args[0].(string); ok {
			if value, err := f(s); err == nil {
				return value, nil
			}
		}
		return nil, &functionError{failure}
	}
}

func split(args ...any) (any, error) {
	s, ok := args[0].(string)
	by, also := args[1].(string)
	if !ok || !also {
		return nil, &functionError{"split: wanted two texts"}
	}
	parts := strings.SplitN(s, by, maxList+1)
	if len(parts) > maxList {
		return nil, &functionError{fmt.Sprintf("split: more than %d parts", maxList)}
	}
	return parts, nil
}

func join(args ...any) (any, error) {
	list := reflect.ValueOf(args[0])
	if list.Kind() != reflect.Slice || list.Len() > maxList {
		return nil, &functionError{"join: wanted a list of texts"}
	}
	by := ""
	if len(args) > 1 {
		by, _ = args[1].(string)
	}
	var b strings.Builder
	for i := range list.Len() {
		if i > 0 {
			b.WriteString(by)
		}
		s, ok := list.Index(i).Interface().(string)
		if !ok {
			return nil, &functionError{"join: wanted a list of texts"}
		}
		if b.WriteString(s); b.Len() > maxText {
			return nil, &functionError{fmt.Sprintf("join: the text is longer than %d KiB", maxText>>10)}
		}
	}
	return b.String(), nil
}

// mask hides most of an address or a number: a••••@example.org, •••••••42.
func mask(s string) string {
	const dot = "•"
	if name, domain, ok := strings.Cut(s, "@"); ok {
		letters := []rune(name)
		if len(letters) < 2 {
			return strings.Repeat(dot, 3) + "@" + domain
		}
		return string(letters[:1]) + strings.Repeat(dot, len(letters)-1) + "@" + domain
	}
	letters := []rune(s)
	shown := min(2, len(letters)/3)
	return strings.Repeat(dot, len(letters)-shown) + string(letters[len(letters)-shown:])
}
