package expression_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/expression"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// world is a scope whose values and types are written side by side.
type world map[string]entry

type entry struct {
	typ   string
	value any
}

func (w world) Lookup(root, name string) (any, bool) {
	e, ok := w[root+"."+name]
	return e.value, ok && e.value != nil
}

func (w world) Now() time.Time { return noon }

func (w world) resolve(root, name string) (connector.Type, *expression.Unknown) {
	e, ok := w[root+"."+name]
	if !ok {
		return connector.Type{}, &expression.Unknown{Rule: "unknown-output", Summary: "no " + root + "." + name, Hint: "none"}
	}
	t, err := connector.ParseType(e.typ)
	if err != nil {
		panic(err)
	}
	if name == "browser" {
		t.Fields = []connector.Field{{Name: "platform", Type: connector.Type{Kind: connector.String}}}
	}
	return t, nil
}

func ada() connector.UserValue {
	return connector.UserValue{AccountValue: connector.AccountValue{
		ID: "1", Username: "ada", Email: "ada@example.org", GivenName: "Ada", Enabled: true, Groups: []string{"staff", "math"},
		Attributes: map[string]string{"floor": "3"}, PasswordChanged: noon.AddDate(0, 0, -100),
	}}
}

func places() world {
	return world{
		"vars.name": {"string", "Ada"}, "vars.empty": {"string", ""}, "vars.n": {"number", 4.0}, "vars.yes": {"bool", true},
		"vars.maybe": {"string?", nil}, "vars.perhaps": {"string?", "there"}, "vars.user": {"user", ada()}, "vars.nobody": {"user?", nil},
		"a.n": {"number", nil}, "a.tags": {"list<string>", nil}, "a.accounts": {"list<account>", nil}, "a.yes": {"bool", nil}, "a.since": {"time", nil},
		"a.user": {"user", nil}, "b.user": {"user", ada()}, "b.name": {"string", "B"}, "a.name": {"string", nil}, "a.account": {"account", nil},
		"lookup.account": {"account", ada().AccountValue}, "s.session": {"session", connector.SessionValue{User: ada(), CreatedAt: noon}},
		"form.password": {"secret", connector.NewSecret("x")}, "other.code": {"secret", nil}, "list.devices": {"list<device>", []any{map[string]any{"id": "d1", "kind": "totp"}, map[string]any{"id": "d2", "kind": "passkey"}}},
		"vars.tags": {"list<string>", []any{"a", "b", "c"}}, "vars.none": {"list<string>", []any{}}, "vars.since": {"time", noon.Add(-time.Hour)},
		"list.accounts":     {"list<account>", []any{ada().AccountValue, connector.AccountValue{ID: "2", Username: "bob"}}},
		"request.acrValues": {"list<string>", []any{"mfa"}}, "request.country": {"string", "NL"}, "vars.wait": {"duration", time.Minute},
		"request.browser": {"object", map[string]any{"platform": "linux"}}, "vars.long": {"string", strings.Repeat("x", 60<<10)},
	}
}

func columns(offset, length int) diag.Range {
	return diag.Range{File: "x", Start: diag.Pos{Line: 1, Column: offset + 1}, End: diag.Pos{Line: 1, Column: offset + length + 1}}
}

func compiled(t *testing.T, source string) *expression.Expression {
	t.Helper()
	e, found := expression.Compile(source, places().resolve, columns)
	for _, d := range found {
		t.Fatalf("%s: %d: %s [%s] help: %s", source, d.Subject.Start.Column, d.Summary, d.Rule, d.Hint)
	}
	return e
}

func TestExpressionsYieldWhatTheManualSays(t *testing.T) {
	for _, c := range []struct {
		source string
		want   any
		typ    string
	}{
		{"vars.name", "Ada", "string"},
		{"'mfa' in request.acrValues", true, "bool"},
		{"'mfa' in request.acrValues || 'staff' in vars.user.groups", true, "bool"},
		{"request.country in ['NL', 'BE']", true, "bool"},
		{"request.country not in ['NL', 'BE']", false, "bool"},
		{"vars.user.givenName + '!'", "Ada!", "string"},
		{"vars.user.attributes.floor", "3", "string"},
		{"vars.user.attributes['door-code']", "", "string"},
		{"now() - vars.user.passwordChanged > duration('90d')", true, "bool"},
		{"now() + duration('1d') == date('2026-11-22') + duration('12h')", true, "bool"},
		{"now() - vars.since", time.Hour, "duration"},
		{"vars.wait * 2", 2 * time.Minute, "duration"},
		{"vars.wait * 0.5 < vars.n * vars.wait", true, "bool"},
		{"now() + 1.5 * vars.wait - now()", 90 * time.Second, "duration"},
		{"a.user ?? b.user", ada(), "user"},
		{"a.account ?? b.user", ada().AccountValue, "account"},
		{"a.name ?? b.name", "B", "string"},
		{"a.name ?? 'none'", "none", "string"},
		{"b.name ?? 'none'", "B", "string"},
		{"(a.name ?? 'x') + 'y'", "xy", "string"},
		{"upper(a.name ?? 'x')", "X", "string"},
		{"'B' == (a.name ?? b.name)", true, "bool"},
		{"(a.name ?? b.name) in ['B']", true, "bool"},
		{"a.user.email ?? 'none'", "none", "string"},
		{"b.user.email ?? 'none'", "ada@example.org", "string"},
		{"a.user.email ?? b.user.email ?? 'none'", "ada@example.org", "string"},
		{"vars.nobody?.email ?? 'none'", "none", "string"},
		{"vars.nobody?.email", nil, "string?"},
		{"vars.maybe", nil, "string?"},
		{"vars.maybe ?? vars.name", "Ada", "string"},
		{"vars.perhaps ?? vars.name", "there", "string"},
		{"vars.empty ?? 'never'", "", "string"},
		{"vars.n + 1", 5.0, "number"},
		{"vars.n / 8", 0.5, "number"},
		{"int(vars.n) % 3", 1.0, "number"},
		{"len(vars.name) == 3", true, "bool"},
		{"len(vars.tags) + len('é')", 4.0, "number"},
		{"vars.yes ? 'a' : 'b'", "a", "string"},
		{"not vars.yes or vars.n >= 4", true, "bool"},
		{"1 < vars.n < 3", false, "bool"},
		{"any(vars.tags, # == 'b')", true, "bool"},
		{"all(vars.tags, len(#) == 1)", true, "bool"},
		{"none(vars.none, # == 'b')", true, "bool"},
		{"one(vars.tags, # startsWith 'a')", true, "bool"},
		{"count(vars.tags, # in ['a', 'b'])", 2.0, "number"},
		{"filter(vars.tags, # != 'b')", []any{"a", "c"}, "list<string>"},
		{"find(vars.tags, # == 'c') ?? 'none'", "c", "string"},
		{"find(vars.tags, # == 'x') ?? 'none'", "none", "string"},
		{"first(vars.tags) ?? 'none'", "a", "string"},
		{"last(vars.none) ?? 'none'", "none", "string"},
		{"find(list.accounts, .username == 'bob')?.id ?? 'none'", "2", "string"},
		{"find(list.accounts, .username == 'eve')?.id ?? 'none'", "none", "string"},
		{"count(list.accounts, .enabled)", 1.0, "number"},
		{"filter(list.accounts, .enabled)", []any{ada().AccountValue}, "list<account>"},
		{"list.devices", []any{map[string]any{"id": "d1", "kind": "totp"}, map[string]any{"id": "d2", "kind": "passkey"}}, "list<device>"},
		{"count(list.devices, .kind == 'totp')", 1.0, "number"},
		{"first(list.devices)", map[string]any{"id": "d1", "kind": "totp"}, "device?"},
		{"join(split('a,b', ','), '-')", "a-b", "string"},
		{"join(vars.tags)", "abc", "string"},
		{"indexOf(vars.name, 'd')", 1.0, "number"},
		{"lower(trim(' X ')) + upper('y')", "xY", "string"},
		{"trim('xax', 'x')", "a", "string"},
		{"min(3, vars.n) + max(1, 2, vars.n)", 7.0, "number"},
		{"string(5) + string(vars.yes)", "5true", "string"},
		{"int('7') + float('0.5')", 7.5, "number"},
		{"vars.name matches '^A.a$'", true, "bool"},
		{"vars.name contains 'd' and vars.name endsWith 'a'", true, "bool"},
		{"mask('ada@example.org')", "a••@example.org", "string"},
		{"mask('0612345678')", "••••••••78", "string"},
		{"request.browser.platform == 'linux'", true, "bool"},
		{"s.session.user.username", "ada", "string"},
		{"s.session.user", ada(), "user"},
		{"s.session.createdAt == now()", true, "bool"},
		{"-vars.n * 2 ** 3", -32.0, "number"},
		{"lookup.account.enabled ? lookup.account : vars.user", ada().AccountValue, "account"},
		{"min(3, a.n ?? 2) + indexOf(a.name ?? 'xay', 'a')", 3.0, "number"},
		{"filter(a.tags ?? ['a', 'b'], # == 'a')", []any{"a"}, "list<string>"},
		{"find(a.accounts ?? list.accounts, .username == 'bob')?.id ?? ''", "2", "string"},
		{"(a.n ?? 2) > 1 && !(a.yes ?? false) ? 'x' : 'y'", "x", "string"},
		{"any(a.tags ?? vars.tags, # == (a.name ?? 'c'))", true, "bool"},
		{"len(a.tags ?? []) == 0", true, "bool"},
		{"now() - (a.since ?? vars.since) == duration('1h')", true, "bool"},
		{"-(a.n ?? 2)", -2.0, "number"},
		{"['a', vars.name]", []any{"a", "Ada"}, "list<string>"},
	} {
		e := compiled(t, c.source)
		if got := e.Type().String(); got != c.typ {
			t.Errorf("%s has type %s, wanted %s", c.source, got, c.typ)
		}
		got, err := e.Eval(places())
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
		} else if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s yields %#v, wanted %#v", c.source, got, c.want)
		}
	}
}

func TestASecretIsOnlyHandedOnWhole(t *testing.T) {
	for _, source := range []string{"form.password", "other.code ?? form.password"} {
		got, err := compiled(t, source).Eval(places())
		if secret, ok := got.(connector.SecretValue); err != nil || !ok || secret.Reveal() != "x" {
			t.Errorf("%s yields %v, %v", source, got, err)
		}
	}
	for _, source := range []string{
		"form.password == 'x'", "form.password + ''", "len(form.password)", "[form.password]", "vars.yes ? form.password : form.password",
		"string(form.password)", "any(['a'], # == form.password)", "form.password.x", "(form.password ?? other.code) == 'x'", "not form.password",
	} {
		_, found := expression.Compile(source, places().resolve, columns)
		if len(found) == 0 || found[0].Rule != "secret-in-expression" {
			t.Errorf("%s: %+v", source, found)
		}
	}
}

func TestWhatIsNotProvedIsRefusedWhereItStands(t *testing.T) {
	for _, c := range []struct {
		source, rule, message string
		column                int
	}{
		{"len(vars.n) == 0", "type", "len is given a number, wanted a string or a list or an object", 5},
		{"vars.maybe + 'x'", "type", "vars.maybe may be absent", 1},
		{"vars.nobody.email", "type", "vars.nobody may be absent", 13},
		{"vars.user.emial", "unknown-output", `a user has no field "emial"`, 11},
		{"vars.user.groups contains 'staff'", "type", "contains does not go between a list<string> and a string", 18},
		{"vars.name == 4", "type", "== does not go between a string and a number", 11},
		{"vars.user == b.user", "type", "== does not go between a user and a user", 11},
		{"vars.n % 2", "type", "% does not go between a number and a number", 8},
		{"vars.yes && vars.name", "type", "the right side of && is a string, wanted a bool", 13},
		{"vars.name ? 1 : 2", "type", "the condition before ? is a string, wanted a bool", 1},
		{"vars.yes ? 1 : 'a'", "type", "one branch gives a number, the other a string", 16},
		{"vars.name ?? 4", "type", "?? stands between a string and a number", 11},
		{"vars.name + 'x' ?? 'y'", "type", "?? has nothing to do: its left side is always there", 17},
		{"(vars.name + 'x') ?? 'y'", "type", "?? has nothing to do: its left side is always there", 19},
		{"vars.name in 'abc'", "type", "in looks into a list, not into a string", 11},
		{"4 in vars.tags", "type", "a number cannot be in a list<string>", 3},
		{"vars.name matches vars.empty", "expression", "the pattern of matches must be written out", 24},
		{"vars.name matches '('", "expression", "this is no regular expression", 19},
		{"1..1000000", "expression-cost", "there are no ranges", 2},
		{"map(vars.tags, # + 'x')", "unknown-function", `there is no function "map"`, 1},
		{"reduce(vars.tags, #acc + #)", "unknown-function", `there is no function "reduce"`, 1},
		{"let x = 1; x", "expression", "let is no part of the language", 5},
		{"1; 2", "expression", "; is no part of the language", 1},
		{"{a: 1}", "expression", "{key: value} is no part of the language", 1},
		{"vars.tags[0]", "expression", "a list has no numbered places", 10},
		{"vars.tags[0:1]", "expression", "[from:to] is no part of the language", 10},
		{"vars.name == nil", "expression", "there is no nil", 14},
		{"vars.name.upper()", "expression", `a value has no function "upper" of its own`, 11},
		{"any(vars.tags, any(vars.tags, # == 'a'))", "expression-cost", "a predicate inside a predicate may cost the square of the list", 16},
		{"any(vars.name, true)", "type", "any is given a string, wanted a list", 5},
		{"any(vars.tags, #)", "type", "the condition of any is a string, wanted a bool", 16},
		{"count(vars.tags)", "expression", "count takes a list and a condition", 1},
		{"# == 'a'", "expression", `"#" was not expected here`, 1},
		{"$env", "unknown-output", "no $env.", 1},
		{"upper()", "expression", "upper takes one value, not 0", 1},
		{"trim('a', 'b', 'c')", "expression", "trim takes 1 to 2 values, not 3", 1},
		{"duration('90 days')", "type-literal", `"90 days" is no duration`, 10},
		{"date('tomorrow')", "type-literal", `"tomorrow" is no date`, 6},
		{"vars.n = 4", "expression", "one = does not compare", 8},
		{"vars.n ==", "expression", "the expression ends too early", 9},
		{"vars.name == 'x", "expression", "a text in the expression is not closed", 15},
		{"'ü' == vars.n", "type", "== does not go between a string and a number", 5},
		{"", "expression", "an expression is missing here", 1},
		{"vars.n matches 'x'", "type", "matches takes a text on its left, not a number", 8},
		{"['a', 1]", "type", "a list of string cannot hold a number", 7},
		{"list.devices.x", "unknown-output", `a list<device> has no field "x"`, 14},
		{"if vars.yes { 1 } else { 2 }", "expression", `there is no word "if" here`, 1},
		{strings.Repeat("1 + ", 120) + "1", "expression-cost", "the expression has more than 200 parts", 403},
		{strings.Repeat("(", 999) + "1", "expression", "the expression ends too early", 1000},
		{"'" + strings.Repeat("x", 1000) + "'", "expression-cost", "the expression has 1002 characters, at most 1000 are allowed", 1},
	} {
		_, found := expression.Compile(c.source, places().resolve, columns)
		if len(found) != 1 {
			t.Errorf("%.60s: %d problems: %+v", c.source, len(found), found)
			continue
		}
		d := found[0]
		if d.Rule != c.rule || d.Summary != c.message || d.Subject.Start.Column != c.column {
			t.Errorf("%.60s:\n got %d: %s [%s]\nwant %d: %s [%s]", c.source, d.Subject.Start.Column, d.Summary, d.Rule, c.column, c.message, c.rule)
		}
		if d.Hint == "" {
			t.Errorf("%.60s: no help", c.source)
		}
	}
}

func TestWhatCannotBeComputedIsAnErrorWithoutData(t *testing.T) {
	w := places()
	w["vars.huge"] = entry{"list<string>", make([]any, 201)}
	w["vars.big"] = entry{"string", strings.Repeat("x", 65<<10)}
	w["vars.wrong"] = entry{"number", "secretive"}
	for _, source := range []string{
		"a.user", "a.user.email + 'x'", "len(vars.huge)", "vars.big + 'x'", "vars.long + vars.long", "vars.wrong + 1", "1 / 0", "0 / 0", "vars.wait * 1e300",
		"int('secretive')", "duration(vars.name)", "date(vars.name)", "join([vars.long, vars.long])", "len(split(vars.long, ''))",
	} {
		e, found := expression.Compile(source, w.resolve, columns)
		if e == nil {
			t.Fatalf("%s: %+v", source, found)
		}
		value, err := e.Eval(w)
		var known *expression.Error
		if !errors.As(err, &known) || value != nil {
			t.Errorf("%s yields %v, %v", source, value, err)
		} else if strings.Contains(strings.TrimPrefix(err.Error(), `compute "`+source), "secretive") {
			t.Errorf("%s: the error quotes data: %v", source, err)
		}
	}
}

func TestAnExpressionTellsWhatItNeeds(t *testing.T) {
	for _, c := range []struct{ source, needs, reads string }{
		{"vars.name", "vars.name", "vars.name"},
		{"a.user ?? b.user", "a.user|b.user", "a.user b.user"},
		{"a.name ?? 'x'", "", "a.name"},
		{"vars.maybe ?? b.name", "b.name", "vars.maybe b.name"},
		{"a.name ?? b.name ?? vars.name", "a.name|b.name|vars.name", "a.name b.name vars.name"},
		{"a.user.email ?? b.user.email ?? vars.name", "a.user|b.user|vars.name", "a.user b.user vars.name"},
		{"(a.name ?? b.name) + vars.name", "a.name|b.name vars.name", "a.name b.name vars.name"},
		{"any(vars.tags, # == b.name)", "vars.tags b.name", "vars.tags b.name"},
	} {
		e := compiled(t, c.source)
		if e.Source() != c.source {
			t.Errorf("%s is kept as %s", c.source, e.Source())
		}
		var needs, reads []string
		for _, need := range e.Needs() {
			var words []string
			for _, r := range need.OneOf {
				words = append(words, r.String())
			}
			needs = append(needs, strings.Join(words, "|"))
		}
		for _, r := range e.Reads() {
			reads = append(reads, r.String())
		}
		if got := strings.Join(needs, " "); got != c.needs {
			t.Errorf("%s needs %q, wanted %q", c.source, got, c.needs)
		}
		if got := strings.Join(reads, " "); got != c.reads {
			t.Errorf("%s reads %q, wanted %q", c.source, got, c.reads)
		}
	}
}

func TestAnExpressionServesManyRunsAtOnce(t *testing.T) {
	e := compiled(t, "any(vars.tags, # == 'b') && now() > vars.since ? vars.user.givenName : (a.name ?? 'x')")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				if got, err := e.Eval(places()); got != "Ada" || err != nil {
					t.Errorf("it yields %v, %v", got, err)
				}
			}
		})
	}
	group.Wait()
}
