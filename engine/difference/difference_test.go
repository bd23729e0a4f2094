package difference_test

import (
	"os"
	"strings"
	"testing"

	"vigil/engine/difference"
	"vigil/engine/syntax"
)

func changed(t *testing.T, change ...string) difference.Difference {
	t.Helper()
	source, err := os.ReadFile("../testdata/flows/sign-on.yaml")
	if err != nil {
		t.Fatal(err)
	}
	was, _ := syntax.Parse("sign-on.yaml", source)
	text := string(source)
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(text, change[i]) {
			t.Fatalf("%q does not stand in the flow", change[i])
		}
		text = strings.Replace(text, change[i], change[i+1], 1)
	}
	now, _ := syntax.Parse("sign-on.yaml", []byte(text))
	return difference.Between(was, now)
}

func TestTheDifferenceIsToldInTheWordsOfTheFlow(t *testing.T) {
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"layout and comments": {[]string{"start: session\n", "start:   session   # first\n\n"}, ""},
		"a value":             {[]string{"limit: 10", "limit: 5", "idleTimeout: 15m", "idleTimeout: 20m"}, "~ verify\n    limit: 10, now 5\n~ done\n    with.idleTimeout: 15m, now 20m\n"},
		"a message":           {[]string{"failure: {to: credentials, message: That", "failure: {to: credentials, message: This"}, "~ verify\n    -failure-> message: \"That name and password do not match.\", now \"This name and password do not match.\"\n"},
		"a field":             {[]string{"        - {name: password", "        - {name: terms, type: checkbox, label: Terms}\n        - {name: password"}, "~ credentials\n    field terms: nothing, now checkbox\n    field terms label: nothing, now \"Terms\"\n    fields: username, password, now username, terms, password\n"},
		"a variable":          {[]string{"vars: {user: user}", "vars: {user: user, tries: {type: number, default: 1}}"}, "~ the flow\n    vars.tries: nothing, now number, 1 by default\n"},
		"an edge": {[]string{"mustChange: denied", "mustChange: expired", "  denied: {end", "  expired: {end: error, with: {code: login_required}}\n  denied: {end"}, `~ verify
    -mustChange->: denied, now expired
+ expired: end error
- way gone: session -none-> credentials -continue-> verify -mustChange-> denied
+ way new: session -none-> credentials -continue-> verify -mustChange-> expired
`},
		"a way that is gone": {[]string{"      none: credentials\n", "      none: denied\n"}, `~ session
    -none->: credentials, now denied
- way gone: session -none-> credentials -continue-> verify -success-> done
- way gone: session -none-> credentials -continue-> verify -mustChange-> denied
- way gone: session -none-> credentials -continue-> verify -exhausted-> denied
+ way new: session -none-> denied
`},
	} {
		d := changed(t, c.change...)
		if got := d.String(); got != c.want || d.None() != (c.want == "") {
			t.Errorf("%s: got\n%s\nwanted\n%s", name, got, c.want)
		}
	}
}

func TestTooManyWaysAreNotCompared(t *testing.T) {
	var b strings.Builder
	b.WriteString("flow: x\ntitle: x\nstart: a0\nnodes:\n")
	for i := range 30 {
		next := string(rune('a'+(i+1)/10)) + string(rune('0'+(i+1)%10))
		b.WriteString("  " + string(rune('a'+i/10)) + string(rune('0'+i%10)) + ": {do: x.y, then: {one: " + next + ", two: " + next + "}}\n")
	}
	b.WriteString("  d0: {end: success}\n")
	file, _ := syntax.Parse("x.yaml", []byte(b.String()))
	other, _ := syntax.Parse("x.yaml", []byte(strings.Replace(b.String(), "d0: {end: success}", "d0: {end: error}", 1)))
	if d := difference.Between(file, other); !d.Cut || !strings.HasSuffix(d.String(), "there are too many ways to compare\n") || d.None() {
		t.Errorf("%+v\n%s", d, d)
	}
	if d := difference.Between(file, file); d.Cut || d.String() != "" || !d.None() {
		t.Errorf("the same has other ways: %+v", d)
	}
}
