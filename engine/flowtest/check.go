package flowtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// outcomesInOrder are the wired outcomes of a node as its declaration orders them.
func outcomesInOrder(n *graph.Node) []string {
	var names []string
	for _, o := range n.Outcomes() {
		if n.Then[o.Name] != nil {
			names = append(names, o.Name)
		}
	}
	return names
}

// where says what a run has come to.
func (g *game) where() string {
	switch e := g.effect.(type) {
	case run.Page:
		return fmt.Sprintf("it waits at %q", e.Node)
	case run.Success:
		return fmt.Sprintf("it ended in success with %s", e.User.Username)
	case run.Failure:
		text := fmt.Sprintf("it ended in error %s at %q", e.Code, e.Node)
		if g.causes != nil {
			text += fmt.Sprintf(" (%v)", g.causes)
		}
		return text
	}
	return "no run was begun"
}

// stands checks the page of an `at` step.
func (g *game) stands(s *step) (*yaml.Node, error) {
	page, ok := g.effect.(run.Page)
	if !ok || page.Node != s.at.Value {
		return s.at, fmt.Errorf("the run was expected at %q, but %s", s.at.Value, g.where())
	}
	if s.message != nil && s.message.Value != page.Message {
		return s.message, fmt.Errorf("the page's message is %q", page.Message)
	}
	if s.notice != nil && s.notice.Value != page.Notice {
		return s.notice, fmt.Errorf("the page's notice is %q", page.Notice)
	}
	for _, p := range s.shows {
		at := slices.IndexFunc(page.Fields, func(f run.PageField) bool { return f.Name == p.key.Value })
		if at < 0 {
			return p.key, fmt.Errorf("the page shows no field %q", p.key.Value)
		}
		shown := page.Fields[at].Value
		if page.Fields[at].Type == graph.CheckboxField {
			shown = strconv.FormatBool(shown == "true")
		}
		if shown != p.value.Value {
			return p.value, fmt.Errorf("field %q shows %q", p.key.Value, shown)
		}
	}
	return nil, nil
}

func (g *game) hasSession(whose string) error {
	live := g.live()
	switch {
	case whose == "none" && live != nil:
		return fmt.Errorf("no session was expected, but %s has one", live.User.Username)
	case whose != "none" && live == nil:
		return fmt.Errorf("a session of %s was expected, but there is none", whose)
	case whose != "none" && live.User.ID != whose:
		return fmt.Errorf("a session of %s was expected, but %s has one", whose, live.User.Username)
	}
	return nil
}

// ended checks an `ends` step. The next step begins another run of the same browser.
func (g *game) ended(s *step) (*yaml.Node, error) {
	var got map[string]any
	var proved []string
	switch e := g.effect.(type) {
	case run.Success:
		if s.ends.Value != "success" {
			return s.ends, fmt.Errorf("an error was expected, but %s", g.where())
		}
		got = successValues(e)
		for _, m := range e.Methods {
			proved = append(proved, m.Method)
		}
	case run.Failure:
		if s.ends.Value != "error" {
			return s.ends, fmt.Errorf("success was expected, but %s", g.where())
		}
		got = map[string]any{"code": e.Code, "description": e.Description}
	default:
		return s.ends, fmt.Errorf("the run was expected to end, but %s", g.where())
	}
	for _, p := range s.with {
		if value := got[p.key.Value]; !same(p.value, value) {
			return p.value, fmt.Errorf("%s is %s", p.key.Value, spelled(value))
		}
	}
	if s.proved != nil && !sameTexts(s.proved, proved, true) {
		return s.proved, fmt.Errorf("proved were [%s]", strings.Join(proved, ", "))
	}
	if s.passed != nil && !sameTexts(s.passed, g.path, false) {
		return s.passed, fmt.Errorf("passed were [%s]", strings.Join(g.path, ", "))
	}
	g.effect = nil
	return nil, nil
}

func successValues(s run.Success) map[string]any {
	values := map[string]any{
		"user": s.User.ID, "idleTimeout": s.IdleTimeout, "maxLifetime": s.MaxLifetime, "acr": s.ACR,
		"scopes": anyList(s.Scopes), "authenticationMethods": anyList(s.ExtraMethods),
		"idTokenClaims": s.IDTokenClaims, "accessTokenClaims": s.AccessTokenClaims,
	}
	if s.Persistent != nil {
		values["persistent"] = *s.Persistent
	}
	return values
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i := range texts {
		list[i] = texts[i]
	}
	return list
}

// expected are the keys that `with` of an `ends` step knows.
var expected = []string{
	"user", "idleTimeout", "maxLifetime", "persistent", "acr", "scopes", "idTokenClaims", "accessTokenClaims", "authenticationMethods", "code", "description",
}

// expectation checks that a key of `with` is known and its value could ever be met.
func (r *reader) expectation(p pair) {
	switch p.key.Value {
	case "user":
		r.user(p.value)
	case "idleTimeout", "maxLifetime":
		r.duration(p.value, p.key.Value)
	case "persistent":
		r.flag(p.value, p.key.Value)
	case "code":
		if code := r.text(p.value, "code"); !connector.IsEndCode(code) {
			r.mistake(p.value, "unknown-code", diag.DidYouMean(code, connector.EndCodes(), "The codes are"), "no flow ends with the code %q", code)
		}
	default:
		if !slices.Contains(expected, p.key.Value) {
			r.mistake(p.key, "unknown-key", diag.DidYouMean(p.key.Value, expected, "Its keys are"), "an end has no value %q", p.key.Value)
		}
	}
}

// same compares what a file says with a value.
func same(n *yaml.Node, value any) bool {
	switch value := value.(type) {
	case map[string]any:
		if n.Kind != yaml.MappingNode || len(n.Content) != 2*len(value) {
			return false
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			inner, there := value[n.Content[i].Value]
			if !there || !same(n.Content[i+1], inner) {
				return false
			}
		}
		return true
	case []any:
		if n.Kind != yaml.SequenceNode || len(n.Content) != len(value) {
			return false
		}
		for i := range value {
			if !same(n.Content[i], value[i]) {
				return false
			}
		}
		return true
	case time.Duration:
		d, err := connector.ParseDuration(n.Value)
		return err == nil && d == value
	case time.Time:
		moment, err := connector.ParseTime(n.Value)
		return err == nil && moment.Equal(value)
	case float64:
		number, err := strconv.ParseFloat(n.Value, 64)
		return err == nil && number == value
	}
	return n.Kind == yaml.ScalarNode && value != nil && n.Value == fmt.Sprint(value)
}

func spelled(value any) string {
	switch value := value.(type) {
	case nil:
		return "not given"
	case string:
		return strconv.Quote(value)
	case time.Duration:
		return connector.FormatDuration(value)
	}
	return fmt.Sprint(value)
}

func sameTexts(n *yaml.Node, got []string, anyOrder bool) bool {
	want := make([]string, len(n.Content))
	for i := range n.Content {
		want[i] = n.Content[i].Value
	}
	if anyOrder {
		got = slices.Clone(got)
		slices.Sort(want)
		slices.Sort(got)
	}
	return slices.Equal(want, got)
}
