package config

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/internal/tenant"
)

// registrationFields say under which conditions applications register themselves.
func registrationFields() []field[tenant.Registration] {
	return []field[tenant.Registration]{
		at("limit", number(1, 100_000), func(g *tenant.Registration) *int { return &g.Limit }, "how many there may be at a time").or("1000"),
		at("perHour", number(1, 100_000), func(g *tenant.Registration) *int { return &g.PerHour }, "how many may register within an hour").or("100"),
		at("grantTypes", set("a list of grant types", oneOf(grantTypes()...)), func(g *tenant.Registration) *[]string { return &g.GrantTypes },
			"the grant types that they may have").or("[AUTHORIZATION_CODE, REFRESH_TOKEN]"),
		at("scopes", set("a list of scopes", that(text("a scope"), scopeToken, "printable ASCII without space, quote or backslash")), func(g *tenant.Registration) *[]string { return &g.Scopes },
			"the scopes that they may have").or("[openid, profile, email, phone, offline_access]"),
		at("consent", oneOf(tenant.ConsentNone, tenant.ConsentRemembered, tenant.ConsentAlways), func(g *tenant.Registration) *string { return &g.Consent },
			"whether people are asked before one of them learns of them, as in applications").or(tenant.ConsentRemembered),
	}
}

// number reads a whole number.
func number(least, most int) kind[int] {
	const name = "a number"
	return kind[int]{name: name, read: func(r *reader, n *yaml.Node, _ string) (int, bool) {
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
			r.fault(n, ruleType, "wanted %s, got %s", name, what(n)).Hint = fmt.Sprintf("write a whole number from %d to %d", least, most)
			return 0, false
		}
		v, err := strconv.Atoi(n.Value)
		if err != nil || v < least || v > most {
			r.fault(n, ruleValue, "%s is not a number from %d to %d", shown(n.Value), least, most)
			return 0, false
		}
		return v, true
	}}
}

// Value is one key of an application and what it would be in the file.
type Value struct {
	Key   string // PingOne's name, as in the file
	Value any    // a string, a bool, a []string or a time.Duration
}

// Mistake is why a value of an application was refused.
type Mistake struct {
	Key     string // of the value. Empty: the application as a whole
	Summary string // without a full stop; it may name keys and values of the file
}

// Application reads an application that does not stand in the file, by the very rules of the file. hosts are the server's own origins: it may
// have no addresses there. Nil: there are mistakes.
func Application(values []Value, hosts []string) (*tenant.Application, []Mistake) {
	r := &reader{places: map[string]*yaml.Node{}, failed: map[string]bool{}}
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i, v := range values {
		// The line of a value is its place in the list: so mistakes find their way back to its key.
		root.Content = append(root.Content, scalar("!!str", v.Key, i+1), node(v.Value, i+1))
	}
	a, _ := applicationAlone().read(r, root, item(item("environments", 0)+".applications", 0))
	r.refuseOwnOrigins(&Config{SharedHosts: hosts})
	var mistakes []Mistake
	for _, d := range r.diagnostics() {
		if d.Severity != diag.Error {
			continue
		}
		m := Mistake{Summary: d.Summary}
		// The whole application has no line; rangeOf makes that the first.
		if at := d.Subject.Start; at.Column > 1 && at.Line <= len(values) {
			m.Key = values[at.Line-1].Key
		}
		mistakes = append(mistakes, m)
	}
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return &a, nil
}

// applicationAlone is the table of an application, made once: those that register come one by one.
var applicationAlone = sync.OnceValue(func() kind[tenant.Application] {
	return mapping("an application", applicationFields(), checkApplication)
})

// node spells a value as the file's parser would have.
func node(value any, line int) *yaml.Node {
	switch v := value.(type) {
	case bool:
		return scalar("!!bool", strconv.FormatBool(v), line)
	case time.Duration:
		return scalar("!!int", strconv.FormatInt(int64(v/time.Second), 10), line)
	case []string:
		list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: line, Column: inValue}
		for _, s := range v {
			list.Content = append(list.Content, scalar("!!str", s, line))
		}
		return list
	case string:
		return scalar("!!str", v, line)
	}
	return scalar("!!null", "", line)
}

// inValue is the column of all values, to tell them from the application around them.
const inValue = 2

func scalar(tag, value string, line int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value, Line: line, Column: inValue}
}
