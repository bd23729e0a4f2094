package run

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// repeat ends the name under which the second entry of a newPassword is sent.
const repeat = ".repeat"

// Problem is why an entry was refused.
type Problem string

// The problems an entry can have.
const (
	Missing   Problem = "missing"
	TooLong   Problem = "tooLong"
	Malformed Problem = "malformed"
	Unlisted  Problem = "unlisted" // no option of the choice
	Different Problem = "different"
)

// problemsOf are the kinds of fields that have words of their own for a problem.
var problemsOf = map[Problem]map[graph.FieldType]string{
	Missing: {
		graph.CheckboxField: "missingTick", graph.ChoiceField: "missingChoice",
		graph.PasskeyField: "missingPasskey", graph.NewPasskeyField: "missingPasskey", graph.ExternalField: "missingReturn",
	},
	Malformed: {
		graph.EmailField: "malformedEmail", graph.PhoneField: "malformedPhone", graph.NumberField: "malformedNumber", graph.DateField: "malformedDate",
	},
}

// words tells a person what to do, in the language of the page if it has words for it.
func (x *execution) words(p Problem, t graph.FieldType) string {
	name := string(p)
	if own := problemsOf[p][t]; own != "" {
		name = own
	}
	return x.flows[0].ProblemWords(x.env.Request.Locale, name)
}

// longest is the most characters an entry may have; of secrets, bytes.
func longest(t graph.FieldType) int {
	switch t {
	case graph.EmailField:
		return 320 // RFC 3696 3: 64 for the local part, 255 for the domain
	case graph.PhoneField, graph.NumberField, graph.DateField, graph.CheckboxField, graph.CodeField:
		return 64
	case graph.PasskeyField, graph.NewPasskeyField, graph.ExternalField:
		return 16 << 10
	}
	return 1000
}

// answer takes what a person sent.
func (x *execution) answer(input Input) {
	n := x.node()
	if input.Node != x.path() {
		x.again(n)
		return
	}
	button, err := x.pressed(n.Form, input.Button)
	if err != nil {
		x.leaveFailed(n, connector.BadValue, err)
		return
	}
	if button == nil {
		x.again(n)
		return
	}
	x.state.Steps++
	if x.state.Steps > maxSteps {
		x.fail(connector.ServerError, fmt.Errorf("%w: answers taken", errLimit))
		return
	}
	e, err := x.read(n.Form, button, input.Values)
	if err != nil {
		x.leaveFailed(n, connector.BadValue, err)
		return
	}
	frame := x.frame()
	if len(input.Values) > 0 || !button.Link {
		frame.keep(n.Name, e.typed)
	}
	if len(e.problems) > 0 && !button.Link {
		frame.Waiting = Waiting{Notice: frame.Waiting.Notice, Problems: e.problems}
		x.again(n)
		return
	}
	if !button.Link {
		frame.give(n.Name, e.outputs)
	}
	x.leave(n, button.Name)
}

// pressed finds a button that is shown. Nil: there is none of that name.
func (x *execution) pressed(form *graph.Form, name string) (*graph.Button, error) {
	var found *graph.Button
	for i := range form.Buttons {
		b := &form.Buttons[i]
		visible, err := x.visible(b.When)
		if err != nil {
			return nil, err
		}
		if visible && found == nil && (b.Name == name || name == "") {
			found = b
		}
	}
	return found, nil
}

// entries are what was read from a form.
type entries struct {
	outputs  map[string]any
	typed    map[string]string // to be shown again
	problems map[string]Problem
}

// read takes the values of a form's fields. What the form does not ask for is not looked at, and neither is a pressed field that was not pressed.
func (x *execution) read(form *graph.Form, button *graph.Button, values map[string]string) (entries, error) {
	e := entries{outputs: make(map[string]any, len(form.Fields)), typed: make(map[string]string, len(form.Fields))}
	for i := range form.Fields {
		f := &form.Fields[i]
		if f.Type.Pressed() && f.Name != button.Field {
			continue
		}
		visible, err := x.visible(f.When)
		if err != nil {
			return e, err
		}
		if !visible {
			if e.outputs[f.Name], err = x.unseen(f); err != nil {
				return e, err
			}
			continue
		}
		var problem Problem
		if secret(f.Type) {
			e.outputs[f.Name], problem = readSecret(f, values)
		} else {
			entry := clean(values[f.Name], longest(f.Type))
			e.outputs[f.Name], problem, err = x.readOpen(f, entry.text)
			if err != nil {
				return e, err
			}
			if entry.cut {
				problem = TooLong
			}
			if f.Type == graph.CheckboxField {
				entry.text = strconv.FormatBool(ticked(entry.text))
			}
			e.typed[f.Name] = entry.text
		}
		if problem != "" {
			if e.problems == nil {
				e.problems = map[string]Problem{}
			}
			e.problems[f.Name] = problem
		}
	}
	if button.Field != "" {
		e.only(button.Field)
	}
	return e, nil
}

// only leaves what one field gave. What was typed into the others stays, to be shown again.
func (e *entries) only(field string) {
	maps.DeleteFunc(e.outputs, func(name string, _ any) bool { return name != field })
	maps.DeleteFunc(e.problems, func(name string, _ Problem) bool { return name != field })
}

// unseen is what a field gives that is not shown: its prefill, else nothing.
func (x *execution) unseen(f *graph.FormField) (any, error) {
	if f.Value == nil || secret(f.Type) {
		return nothing(f), nil
	}
	value, err := x.eval(f.Value)
	if err != nil {
		return nil, err
	}
	return fit(f.Gives, value)
}

// nothing is what an empty field gives.
func nothing(f *graph.FormField) any {
	switch {
	case secret(f.Type):
		return connector.NewSecret("")
	case f.Type == graph.CheckboxField:
		return false
	case f.Type == graph.NumberField, f.Type == graph.DateField, f.Type == graph.ChoiceField && f.From != nil:
		return nil
	}
	return ""
}

func readSecret(f *graph.FormField, values map[string]string) (any, Problem) {
	text := values[f.Name]
	if f.Type == graph.CodeField {
		text = strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, text[:min(len(text), 1<<10)])
	}
	switch {
	case len(text) > longest(f.Type):
		return nothing(f), TooLong
	case text == "" && f.Required:
		return nothing(f), Missing
	case f.Type == graph.NewPasswordField && values[f.Name+repeat] != text:
		return nothing(f), Different
	}
	return connector.NewSecret(text), ""
}

// entry is a text as it will be used and shown again.
type entry struct {
	text string
	cut  bool
}

// clean drops what no keyboard sends, the space around, and everything past the limit.
func clean(text string, most int) entry {
	cut := len(text) > most*utf8.UTFMax
	if cut {
		text = text[:most*utf8.UTFMax]
	}
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || (unicode.IsControl(r) && r != '\n' && r != '\t') {
			return -1
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > most {
		text, cut = string([]rune(text)[:most]), true
	}
	return entry{text, cut}
}

func (x *execution) readOpen(f *graph.FormField, text string) (any, Problem, error) {
	if f.Type == graph.CheckboxField {
		if f.Required && !ticked(text) {
			return false, Missing, nil
		}
		return ticked(text), "", nil
	}
	if text == "" {
		if f.Required {
			return nothing(f), Missing, nil
		}
		return nothing(f), "", nil
	}
	if f.Type == graph.ChoiceField {
		options, err := x.options(f)
		if err != nil {
			return nil, "", err
		}
		for _, o := range options {
			if o.Value == text {
				return o.value, "", nil
			}
		}
		return nothing(f), Unlisted, nil
	}
	value, ok := parse(f.Type, text)
	if !ok {
		return nothing(f), Malformed, nil
	}
	return value, "", nil
}

func ticked(text string) bool { return text != "" && text != "false" }

// parse reads an entry by its field's type.
func parse(t graph.FieldType, text string) (any, bool) {
	switch t {
	case graph.EmailField:
		local, domain, found := strings.Cut(text, "@")
		return text, found && local != "" && domain != "" && !strings.ContainsAny(domain, "@ \t\n") && !strings.ContainsAny(local, " \t\n") &&
			!strings.HasPrefix(domain, ".") && !strings.HasSuffix(domain, ".")
	case graph.PhoneField:
		digits := strings.Map(func(r rune) rune {
			if strings.ContainsRune(" ()-./", r) {
				return -1
			}
			return r
		}, strings.TrimPrefix(text, "+"))
		return text, len(digits) >= 3 && strings.Trim(digits, "0123456789") == ""
	case graph.NumberField:
		number, err := strconv.ParseFloat(text, 64)
		return number, err == nil && !math.IsInf(number, 0) && !math.IsNaN(number)
	case graph.DateField:
		date, err := time.Parse(time.DateOnly, text)
		return date, err == nil
	}
	return text, true
}
