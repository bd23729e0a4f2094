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
	// providers are the fields of a SelectIdPCallback by what it calls them.
	providers map[string]string
}

// notPressed is what a ConfirmationCallback says whose buttons need not be pressed, as those of AM's waiting and WebAuthn nodes.
const notPressed = 100

// question is a page as callbacks, with what each of its inputs means. Nil: a callback that asks nothing.
type question struct {
	callbacks []callback
	meaning   []*asked
	waits     bool // a client that presses no button comes back to look
}

// means are what a page needs beside itself, by field.
type means struct {
	passkeys map[string]json.RawMessage // nil where the question is wanted for its order alone
	leaving  map[string]string          // addresses at which browsers leave for other providers
}

// questionOf translates a page.
func questionOf(page run.Page, by means) (*question, error) {
	q := &question{waits: page.Wait != nil}
	if page.Message != "" {
		q.tell(failed, page.Message)
	}
	if page.Notice != "" {
		q.tell(information, page.Notice)
	}
	if page.Show != "" {
		q.tell(information, page.Show)
	}
	if page.QR != "" {
		// SDKs find it by what it begins with.
		q.add("HiddenValueCallback", nil, []named{{"value", page.QR}, {"id", "mfaDeviceRegistration"}}, "mfaDeviceRegistration")
	}
	optional, chosen := q.waits, false
	for i := range page.Fields {
		f := &page.Fields[i]
		optional = optional || f.Type.Pressed()
		switch f.Type {
		case graph.ExternalField:
			if !chosen {
				q.providers(page, by.leaving)
			}
			chosen = true
		case graph.EffortField:
			if err := q.effort(f); err != nil {
				return nil, err
			}
		case graph.PasskeyField, graph.NewPasskeyField:
			if err := q.passkey(f, by.passkeys[f.Name]); err != nil {
				return nil, err
			}
		default:
			q.field(f, page.MessageField)
		}
	}
	if page.Wait != nil {
		q.add("PollingWaitCallback", nil, []named{{"waitTime", strconv.FormatInt(page.Wait.Every.Milliseconds(), 10)}, {"message", page.Text}})
	}
	if len(page.Buttons) > 1 || optional && len(page.Buttons) > 0 {
		q.buttons(page.Buttons, optional)
	}
	return q, nil
}

// effort asks for work: what it is stands in a hidden value, which takes what came of it.
func (q *question) effort(f *run.PageField) error {
	work, ok := f.Work()
	if !ok {
		return nil
	}
	spelled, err := json.Marshal(work)
	if err != nil {
		return fmt.Errorf("encode work: %w", err)
	}
	q.add("HiddenValueCallback", &asked{field: f.Name, kind: f.Type}, []named{{"value", string(spelled)}, {"id", work.Purpose}}, "")
	return nil
}

// passkey asks for one: what to tell the browser, and a hidden value that takes what it gives.
func (q *question) passkey(f *run.PageField, options json.RawMessage) error {
	data := map[string]any{}
	if options != nil {
		var err error
		if data, err = metadataOf(options); err != nil {
			return err
		}
	}
	q.add("MetadataCallback", nil, []named{{"data", data}})
	q.add("HiddenValueCallback", &asked{field: f.Name, kind: f.Type}, []named{{"value", "false"}, {"id", webAuthnOutcome}}, webAuthnOutcome)
	return nil
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
	case f.Autocomplete == "username", f.Autocomplete == "username webauthn":
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

// buttons ask which way to go; a client that does not care presses the first, or none where that is a way too.
func (q *question) buttons(buttons []run.PageButton, optional bool) {
	standard := 0
	if optional {
		standard = notPressed
	}
	labels, a := []string{}, &asked{buttons: true}
	for _, b := range buttons {
		labels, a.choices = append(labels, b.Label), append(a.choices, b.Name)
	}
	q.add("ConfirmationCallback", a, []named{
		{"prompt", ""}, {"messageType", 0}, {"options", labels}, {"optionType", -1}, {"defaultOption", standard},
	}, standard)
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
		if err != nil {
			return in, fmt.Errorf("callback %d: %w", i, err)
		}
		if err := a.take(&in, value); err != nil {
			return in, fmt.Errorf("callback %d: %w", i, err)
		}
	}
	in.Poll = q.waits && in.Button == ""
	return in, nil
}

// take puts one answer where it belongs.
func (a *asked) take(in *run.Input, value string) (err error) {
	switch {
	case a.providers != nil:
		var field string
		if field, err = a.left(value); field != "" {
			in.Button = field
		}
	case a.kind.Pressed():
		if value != "" && value != webAuthnOutcome {
			in.Button, in.Values[a.field] = a.field, credentialOf(value)
		}
	case a.buttons:
		if pressed := in.Button != ""; !pressed && value != strconv.Itoa(notPressed) {
			in.Button, err = a.chosen(value)
		}
	case a.choices != nil:
		in.Values[a.field], err = a.chosen(value)
	case a.kind == graph.CheckboxField && value != "true":
	default:
		in.Values[a.field] = value
	}
	return err
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
