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
func (s *Stage) where() string {
	if s.ended != nil {
		return fmt.Sprintf("it ended in %s", s.ended.name)
	}
	switch e := s.effect.(type) {
	case run.Page:
		return fmt.Sprintf("it waits at %q", e.Node)
	case run.Success:
		return fmt.Sprintf("it ended in success with %s", e.User.Username)
	case run.Failure:
		text := fmt.Sprintf("it ended in error %s at %q", e.Code, e.Node)
		if s.causes != nil {
			text += fmt.Sprintf(" (%v)", s.causes)
		}
		return text
	}
	return "no run was begun"
}

// stands checks the page of an `at` step.
func (s *Stage) stands(step *step) (*yaml.Node, error) {
	page, ok := s.effect.(run.Page)
	if !ok || page.Node != step.at.Value {
		return step.at, fmt.Errorf("the run was expected at %q, but %s", step.at.Value, s.where())
	}
	if step.message != nil && step.message.Value != page.Message {
		return step.message, fmt.Errorf("the page's message is %q", page.Message)
	}
	if step.notice != nil && step.notice.Value != page.Notice {
		return step.notice, fmt.Errorf("the page's notice is %q", page.Notice)
	}
	for _, p := range step.shows {
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

func (s *Stage) hasSession(whose string) error {
	live := s.live()
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

// ends checks an `ends` step. The next step begins another run of the same browser.
func (s *Stage) ends(step *step) (*yaml.Node, error) {
	if s.ended != nil {
		return s.endsPart(step)
	}
	var got map[string]any
	var proved []string
	switch e := s.effect.(type) {
	case run.Success:
		if step.ends.Value != "success" {
			return step.ends, fmt.Errorf("an error was expected, but %s", s.where())
		}
		got = successValues(e)
		for _, m := range e.Methods {
			proved = append(proved, m.Method)
		}
	case run.Failure:
		if step.ends.Value != "error" {
			return step.ends, fmt.Errorf("success was expected, but %s", s.where())
		}
		got = map[string]any{"code": e.Code, "description": e.Description}
	default:
		return step.ends, fmt.Errorf("the run was expected to end, but %s", s.where())
	}
	return s.holds(step, got, proved)
}

// endsPart checks an `ends` step of a part.
func (s *Stage) endsPart(step *step) (*yaml.Node, error) {
	if step.ends.Value != s.ended.name {
		return step.ends, fmt.Errorf("%s was expected, but %s", step.ends.Value, s.where())
	}
	got := s.ended.output
	if failure, ok := got["error"].(map[string]any); ok && s.ended.name == "error" {
		got = failure
	}
	var proved []string
	for _, p := range s.ended.proofs {
		proved = append(proved, p.Method)
	}
	return s.holds(step, got, proved)
}

func (s *Stage) holds(step *step, got map[string]any, proved []string) (*yaml.Node, error) {
	for _, p := range step.with {
		if value := got[p.key.Value]; !same(p.value, value) {
			return p.value, fmt.Errorf("%s is %s", p.key.Value, spelled(value))
		}
	}
	if step.proved != nil && !sameTexts(step.proved, proved, true) {
		return step.proved, fmt.Errorf("proved were [%s]", strings.Join(proved, ", "))
	}
	if step.passed != nil && !sameTexts(step.passed, s.path, false) {
		return step.passed, fmt.Errorf("passed were [%s]", strings.Join(s.path, ", "))
	}
	s.effect = nil
	return nil, nil
}

func successValues(s run.Success) map[string]any {
	values := map[string]any{
		"user": s.User.ID, "idleTimeout": s.IdleTimeout, "maxLifetime": s.MaxLifetime, "acr": s.ACR,
		"scopes": anyList(s.Scopes), "authenticationMethods": anyList(s.ExtraMethods),
		"idTokenClaims": s.IDTokenClaims, "accessTokenClaims": s.AccessTokenClaims,
	}
	if s.Device != "" {
		values["device"] = s.Device
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
	"user", "idleTimeout", "maxLifetime", "persistent", "acr", "scopes", "idTokenClaims", "accessTokenClaims", "authenticationMethods", "device", "code", "description",
}

// expectation checks that a key of `with` is known and its value could ever be met.
func (r *reader) expectation(end string, p pair) {
	if r.flow.Part {
		r.expectedOutput(end, p)
		return
	}
	switch p.key.Value {
	case "user":
		r.user(p.value)
	case "device":
		r.expectedDevice(p.value)
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

// expectedOutput checks that an outcome of a part gives a value of that name and type.
func (r *reader) expectedOutput(end string, p pair) {
	o, _ := r.outcomeOf(end)
	names := make([]string, len(o.Outputs))
	for i, field := range o.Outputs {
		names[i] = field.Name
		if field.Name == p.key.Value {
			if field.Type.Kind != connector.Object && field.Type.Kind != "" {
				r.typed(p.value, field.Type)
			}
			return
		}
	}
	r.mistake(p.key, "unknown-key", diag.DidYouMean(p.key.Value, names, "It gives"), "the outcome %q gives no %q", end, p.key.Value)
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
	case connector.AccountValue:
		return n.Value == value.ID
	case connector.UserValue:
		return n.Value == value.ID
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
	case connector.AccountValue:
		return strconv.Quote(value.ID)
	case connector.UserValue:
		return strconv.Quote(value.ID)
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
