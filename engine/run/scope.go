package run

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

var errNothing = errors.New("the expression yields nothing")

// Lookup gives expressions their values: inputs, vars, request, settings, secrets, and nodes by name.
func (x *execution) Lookup(root, name string) (any, bool) {
	frame := x.frame()
	switch root {
	case "vars":
		value, ok := frame.Vars[name]
		return value, ok
	case "request":
		return x.request(name)
	case "settings":
		value, ok := x.env.Settings[name]
		return value, ok
	case "secrets":
		value, ok := x.env.Secrets[name]
		return value.Lasting(), ok
	case "inputs":
		if value, ok := frame.Inputs[name]; ok {
			return value, true
		}
	default:
		if value, ok := frame.Outputs[root][name]; ok {
			return value, true
		}
	}
	for i := range frame.hidden {
		if h := &frame.hidden[i]; h.owner == root && h.name == name {
			return h.value, true
		}
	}
	return nil, false
}

// Now is the moment of the step.
func (x *execution) Now() time.Time { return x.now }

func (x *execution) request(name string) (any, bool) {
	r := &x.env.Request
	switch name {
	case "clientId":
		return r.ClientID, true
	case "loginHint":
		return r.LoginHint, true
	case "userCode":
		return r.UserCode, true
	case "scopes":
		return list(r.Scopes), true
	case "acrValues":
		return list(r.ACRValues), true
	case "maxAge":
		if r.MaxAge == 0 {
			return nil, true
		}
		return r.MaxAge, true
	case "ip":
		return r.IP, true
	case "country":
		return r.Country, true
	case "language":
		return r.Language, true
	case "browser":
		return map[string]any{
			"name": r.Browser.Name, "version": r.Browser.Version, "platform": r.Browser.Platform, "passkeys": r.Browser.Passkeys,
		}, true
	}
	return nil, false
}

func list(texts []string) []any {
	values := make([]any, len(texts))
	for i := range texts {
		values[i] = texts[i]
	}
	return values
}

// eval computes a value. A panic of an expression is an error like any other.
func (x *execution) eval(v graph.Value) (value any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
	}()
	return v.Eval(x)
}

func (x *execution) condition(v graph.Value) (bool, error) {
	value, err := x.eval(v)
	if err != nil {
		return false, err
	}
	holds, ok := value.(bool)
	if !ok {
		return false, fmt.Errorf("wanted a condition, got %T", value)
	}
	return holds, nil
}

// assigned computes an assignment to the type of its variable.
func (x *execution) assigned(a graph.Assignment) (any, error) {
	value, err := x.eval(a.Value)
	if err != nil {
		return nil, fmt.Errorf("set %s: %w", a.Variable, err)
	}
	for i := range x.flow().Vars {
		if v := &x.flow().Vars[i]; v.Name == a.Variable {
			value, err = fit(v.Type, value)
			if err == nil {
				_, secret := value.(connector.SecretValue)
				if secret {
					err = errors.New("a variable cannot hold a secret")
				}
			}
			if err != nil {
				return nil, fmt.Errorf("set %s: %w", a.Variable, err)
			}
			return value, nil
		}
	}
	return nil, fmt.Errorf("set %s: no such variable", a.Variable)
}

// arguments computes `with:` for declared inputs and fills in the defaults.
func (x *execution) arguments(with []graph.Argument, declared []connector.Field) (map[string]any, error) {
	values := make(map[string]any, len(declared))
	for i := range with {
		value, err := x.argument(&with[i])
		if err != nil {
			return nil, err
		}
		values[with[i].Name] = value
	}
	for i := range declared {
		input := &declared[i]
		if values[input.Name] != nil {
			continue
		}
		switch {
		case input.Default != nil:
			values[input.Name] = input.Default
		case !input.Type.Optional:
			return nil, fmt.Errorf("input %q: %w", input.Name, errNothing)
		}
	}
	return values, nil
}

func (x *execution) argument(a *graph.Argument) (any, error) {
	var value any
	var err error
	if a.Said != nil {
		value, err = x.text(a.Said)
	} else {
		value, err = x.eval(a.Value)
	}
	if err == nil {
		value, err = fit(a.Type, value)
	}
	if err != nil {
		return nil, fmt.Errorf("input %q: %w", a.Name, err)
	}
	return value, nil
}

// text puts the values into a text. Nil is an empty one.
func (x *execution) text(t *graph.Text) (string, error) {
	if t == nil {
		return "", nil
	}
	parts := t.Parts
	if other := t.In[x.env.Request.Locale]; other != nil {
		parts = other
	}
	if len(parts) == 1 && parts[0].Value == nil {
		return parts[0].Literal, nil
	}
	var b strings.Builder
	for i := range parts {
		part := &parts[i]
		if part.Value == nil {
			b.WriteString(part.Literal)
			continue
		}
		value, err := x.eval(part.Value)
		if err != nil {
			return "", err
		}
		word, err := wording(value)
		if err != nil {
			return "", err
		}
		b.WriteString(x.flows[0].ReasonWords(x.env.Request.Locale, word))
	}
	return b.String(), nil
}

// wording spells a value for a person.
func wording(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case bool:
		return strconv.FormatBool(value), nil
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), nil
	case time.Time:
		if value.Equal(value.Truncate(24 * time.Hour)) {
			return value.UTC().Format(time.DateOnly), nil
		}
		return value.UTC().Format("2006-01-02 15:04 UTC"), nil
	case nil:
		return "", errNothing
	}
	return "", fmt.Errorf("a text cannot show a %T", value)
}

func choiceName(i int) string { return strconv.Itoa(i + 1) }
