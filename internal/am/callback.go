package am

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"vigil/engine/graph"
	"vigil/engine/run"
)

// callback is one thing that AM's clients show or ask.
type callback struct {
	Type   string  `json:"type"`
	Output []named `json:"output"`
	Input  []named `json:"input,omitempty"`
	ID     int     `json:"_id"`
}

type named struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// Message types of TextOutputCallback (javax.security.auth.callback).
const (
	information = "0"
	failed      = "2"
)

// asked is one input of a page: what a client sends under it belongs to a field, or says which button was pressed.
type asked struct {
	field   string
	kind    graph.FieldType
	choices []string // of a choice their values, of the buttons their names
	buttons bool
}

// question is a page as callbacks, with what each of its inputs means. Nil: a callback that asks nothing.
type question struct {
	callbacks []callback
	meaning   []*asked
}

// questionOf translates a page.
func questionOf(page run.Page) *question {
	q := &question{}
	if page.Message != "" {
		q.tell(failed, page.Message)
	}
	if page.Notice != "" {
		q.tell(information, page.Notice)
	}
	for i := range page.Fields {
		q.field(&page.Fields[i], page.MessageField)
	}
	if len(page.Buttons) > 1 {
		q.buttons(page.Buttons)
	}
	return q
}

func (q *question) add(kind string, meaning *asked, output []named, inputs ...any) {
	c := callback{Type: kind, Output: output, ID: len(q.callbacks)}
	for i, value := range inputs {
		name := "IDToken" + strconv.Itoa(len(q.callbacks)+1)
		if i > 0 {
			name += "validateOnly"
		}
		c.Input = append(c.Input, named{name, value})
	}
	q.callbacks, q.meaning = append(q.callbacks, c), append(q.meaning, meaning)
}

func (q *question) tell(kind, message string) {
	q.add("TextOutputCallback", nil, []named{{"message", message}, {"messageType", kind}})
}

// field translates one field. What is wrong with it comes before it, unless it already came for the whole page.
func (q *question) field(f *run.PageField, told string) {
	if f.Message != "" && f.Name != told {
		q.tell(failed, f.Message)
	}
	a := &asked{field: f.Name, kind: f.Type}
	prompt := named{"prompt", f.Label}
	switch {
	case f.Type == graph.PasswordField, f.Type == graph.CodeField:
		q.add("PasswordCallback", a, []named{prompt}, "")
	case f.Type == graph.NewPasswordField:
		q.add("PasswordCallback", a, []named{prompt}, "")
		if f.Repeat != "" {
			q.add("PasswordCallback", &asked{field: f.Repeat, kind: f.Type}, []named{{"prompt", f.Label}}, "")
		}
	case f.Type == graph.ChoiceField:
		q.choice(f, a)
	case f.Type == graph.CheckboxField:
		q.add("BooleanAttributeInputCallback", a, []named{
			{"name", f.Name},
			prompt,
			{"required", f.Required},
			{"policies", struct{}{}},
			{"failedPolicies", []string{}},
			{"validateOnly", false},
			{"value", f.Value == "true"},
		}, f.Value == "true", false)
	case f.Type == graph.PasskeyField:
		q.add("HiddenValueCallback", a, []named{{"value", ""}, {"id", f.Name}}, f.Name)
	case f.Autocomplete == "username":
		q.add("NameCallback", a, []named{prompt}, f.Value)
	default:
		q.add("TextInputCallback", a, []named{prompt, {"defaultText", f.Value}}, f.Value)
	}
}

func (q *question) choice(f *run.PageField, a *asked) {
	labels, standard := []string{}, 0
	for i, o := range f.Options {
		labels, a.choices = append(labels, o.Label), append(a.choices, o.Value)
		if o.Value == f.Value {
			standard = i
		}
	}
	q.add("ChoiceCallback", a, []named{{"prompt", f.Label}, {"choices", labels}, {"defaultChoice", standard}}, standard)
}

// buttons ask which way to go; a client that does not care presses the first.
func (q *question) buttons(buttons []run.PageButton) {
	labels, a := []string{}, &asked{buttons: true}
	for _, b := range buttons {
		labels, a.choices = append(labels, b.Label), append(a.choices, b.Name)
	}
	q.add("ConfirmationCallback", a, []named{
		{"prompt", ""}, {"messageType", 0}, {"options", labels}, {"optionType", -1}, {"defaultOption", 0},
	}, 0)
}

// answered is a callback as a client sends it back.
type answered struct {
	Type  string `json:"type"`
	Input []struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
	} `json:"input"`
}

// read takes the answers to a page. They come in the order of the question, each with the type that was asked.
func (q *question) read(node string, callbacks []answered) (run.Input, error) {
	in := run.Input{Node: node, Values: map[string]string{}}
	if len(callbacks) != len(q.callbacks) {
		return in, fmt.Errorf("%d callbacks were sent, %d were asked", len(callbacks), len(q.callbacks))
	}
	for i, c := range callbacks {
		if c.Type != q.callbacks[i].Type {
			return in, fmt.Errorf("callback %d has another type than was asked", i)
		}
		a := q.meaning[i]
		if a == nil || len(c.Input) == 0 {
			continue
		}
		value, err := plain(c.Input[0].Value)
		if err == nil && a.choices != nil {
			value, err = a.chosen(value)
		}
		switch {
		case err != nil:
			return in, fmt.Errorf("callback %d: %w", i, err)
		case a.buttons:
			in.Button = value
		case a.kind == graph.CheckboxField && value != "true":
		case a.kind == graph.PasskeyField && value == a.field:
			// The placeholder of a hidden value that nobody filled.
		default:
			in.Values[a.field] = value
		}
	}
	return in, nil
}

// chosen finds what the number of a choice stands for.
func (a *asked) chosen(number string) (string, error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(a.choices) {
		return "", fmt.Errorf("%q is none of its choices", number)
	}
	return a.choices[n], nil
}

// plain reads a text, a number or a truth value as a form would send it.
func plain(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	text := ""
	if err := json.Unmarshal(raw, &text); err == nil {
		return text, nil
	}
	if strings.ContainsAny(string(raw[:1]), "{[") {
		return "", fmt.Errorf("its value is neither text, number nor truth value")
	}
	return string(raw), nil
}
