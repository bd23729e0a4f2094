package expression_test

import (
	"errors"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/expression"
)

// FuzzExpression holds for any text: nothing panics, and what was proved of the type of a value is true of the value.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		"a.user ?? b.user", "a.user.email ?? b.name ?? 'x'", "now() - vars.since > duration('1d')", "any(vars.tags, # in ['a'])",
		"find(list.accounts, .username == 'bob')?.id ?? ''", "vars.yes ? first(vars.tags) : a.name", "min(vars.n, 2) ** -1 % 3", "join(split(vars.name, ''), '-')",
		"form.password", "count(filter(vars.tags, # != 'b'), #index > 0)", "[1, vars.n, -2.5]", "int(float('1e9')) / 0", "vars.user?.groups", "'a' matches '^(a|b)*$'",
		"indexOf(lower(vars.name), 'a') == 0 and not (vars.n in [1, 2])", "a.account ?? b.user ?? vars.nobody", "last(a.tags ?? vars.tags)", "vars.wait * 1e300",
		"date('2026-11-21') + vars.wait", "mask(string(vars.n))", "(vars.yes ? vars.user : lookup.account).attributes['x']", "len({})", "#", "$env.x", "\\", "'\\u00", "1_0 + 0x1F",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		e, found := expression.Compile(source, places().resolve, columns)
		if (e == nil) != (len(found) > 0) {
			t.Fatalf("%q: compiled is %v, problems %+v", source, e != nil, found)
		}
		if e == nil {
			return
		}
		value, err := e.Eval(places())
		if err != nil {
			var known *expression.Error
			if !errors.As(err, &known) {
				t.Fatalf("%q fails with %T", source, err)
			}
			return
		}
		if !is(value, e.Type()) {
			t.Fatalf("%q is proved to be %s and yields %#v", source, e.Type(), value)
		}
	})
}

// is reports whether a value is of a type.
func is(value any, t connector.Type) bool {
	if value == nil {
		return t.Optional
	}
	var ok bool
	switch t.Kind {
	case connector.String:
		_, ok = value.(string)
	case connector.Bool:
		_, ok = value.(bool)
	case connector.Number:
		_, ok = value.(float64)
	case connector.Duration:
		_, ok = value.(time.Duration)
	case connector.Time:
		_, ok = value.(time.Time)
	case connector.Account:
		_, ok = value.(connector.AccountValue)
		_, user := value.(connector.UserValue)
		ok = ok || user
	case connector.User:
		_, ok = value.(connector.UserValue)
	case connector.Session:
		_, ok = value.(connector.SessionValue)
	case connector.Secret:
		_, ok = value.(connector.SecretValue)
	case connector.Object:
		_, ok = value.(map[string]any)
	case connector.List:
		var list []any
		if list, ok = value.([]any); ok && t.Elem != nil {
			for _, item := range list {
				ok = ok && is(item, *t.Elem)
			}
		}
	default:
		ok = true
	}
	return ok
}
