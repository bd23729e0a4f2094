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

// show stops the run at a form.
func (x *execution) show(n *graph.Node) {
	if x.state.Shows == nil {
		x.state.Shows = map[string]int{}
	}
	key := x.flow().Name + " " + n.Name
	x.state.Shows[key]++
	if x.state.Shows[key] > maxShows {
		x.fail(connector.ServerError, fmt.Errorf("%w: times a form is shown", errLimit))
		return
	}
	x.again(n)
}

// again shows the present form, be it for the first time or not.
func (x *execution) again(n *graph.Node) {
	page, err := x.page(n)
	if err != nil {
		x.leaveFailed(n, connector.BadValue, err)
		return
	}
	x.effect = page
}

// page puts a form's values into words.
func (x *execution) page(n *graph.Node) (Page, error) {
	waiting := &x.frame().Waiting
	p := Page{Language: x.env.Request.Locale, Flow: x.flows[0].Name, Node: x.path(), Layout: n.Form.Layout, Message: waiting.Message, MessageField: waiting.Field, Notice: waiting.Notice}
	var err error
	if p.Title, err = x.text(n.Form.Title); err != nil {
		return Page{}, err
	}
	if p.Text, err = x.text(n.Form.Text); err != nil {
		return Page{}, err
	}
	if p.Notice == "" {
		if p.Notice, err = x.text(n.Form.Notice); err != nil {
			return Page{}, err
		}
	}
	if p.Image, err = x.picture(n.Form.Image); err != nil {
		return Page{}, err
	}
	if p.QR, err = x.picture(n.Form.QR); err != nil {
		return Page{}, err
	}
	if p.Show, err = x.picture(n.Form.Show); err != nil {
		return Page{}, err
	}
	if n.Form.Wait != nil {
		challenge, err := x.waitsFor(n.Form.Wait)
		if err != nil {
			return Page{}, err
		}
		p.Wait = x.waiting(n.Form.Wait, challenge)
	}
	if err := x.fields(n, &p); err != nil {
		return Page{}, err
	}
	if p.Buttons, err = x.buttons(n.Form); err != nil {
		return Page{}, err
	}
	return p, nil
}

// buttons are those shown now, without the fields that are buttons by themselves.
func (x *execution) buttons(form *graph.Form) ([]PageButton, error) {
	shown := make([]PageButton, 0, len(form.Buttons))
	for i := range form.Buttons {
		b := &form.Buttons[i]
		visible, err := x.visible(b.When)
		if err != nil {
			return nil, err
		}
		if !visible || b.Field != "" {
			continue
		}
		label, err := x.text(b.Label)
		if err != nil {
			return nil, err
		}
		shown = append(shown, PageButton{Name: b.Name, Label: label, Link: b.Link})
	}
	return shown, nil
}

func (x *execution) visible(when graph.Value) (bool, error) {
	if when == nil {
		return true, nil
	}
	return x.condition(when)
}

func (x *execution) fields(n *graph.Node, p *Page) error {
	p.Fields = make([]PageField, 0, len(n.Form.Fields))
	for i := range n.Form.Fields {
		f := &n.Form.Fields[i]
		visible, err := x.visible(f.When)
		if err != nil {
			return err
		}
		if !visible {
			continue
		}
		field, err := x.field(n, f)
		if err != nil {
			return fmt.Errorf("field %q: %w", f.Name, err)
		}
		p.Fields = append(p.Fields, field)
	}
	return nil
}

func (x *execution) field(n *graph.Node, f *graph.FormField) (PageField, error) {
	waiting := &x.frame().Waiting
	p := PageField{Name: f.Name, Type: f.Type, Required: f.Required, Autocomplete: autocomplete(n.Form, f), Problem: waiting.Problems[f.Name]}
	var err error
	if p.Label, err = x.text(f.Label); err != nil {
		return p, err
	}
	if p.Hint, err = x.text(f.Hint); err != nil {
		return p, err
	}
	if p.Problem != "" {
		p.Message = x.words(p.Problem, f.Type)
	} else if waiting.Field == f.Name {
		p.Message = waiting.Message
	}
	if f.Type == graph.NewPasswordField {
		p.Repeat = f.Name + repeat
	}
	if f.Type == graph.EffortField {
		value, err := x.eval(f.Value)
		if err != nil {
			return p, err
		}
		p.Puzzle, _ = value.(string)
	}
	if f.Type == graph.ChoiceField {
		options, err := x.options(f)
		if err != nil {
			return p, err
		}
		for _, o := range options {
			p.Options = append(p.Options, o.PageOption)
		}
	}
	if err := x.whose(f, &p); err != nil {
		return p, err
	}
	p.Value, err = x.shown(n, f)
	return p, err
}

// whose tells the host whose passkey a field asks for, and where an external sign-on leads.
func (x *execution) whose(f *graph.FormField, p *PageField) error {
	if f.Account != nil {
		value, err := x.eval(f.Account)
		if err != nil {
			return err
		}
		switch value := value.(type) {
		case connector.AccountValue:
			p.Account = &value
		case connector.UserValue:
			p.Account = &value.AccountValue
		default:
			return fmt.Errorf("account is a %T", value)
		}
	}
	if f.Provider != nil {
		value, err := x.eval(f.Provider)
		if err != nil {
			return err
		}
		if p.Provider, _ = value.(string); p.Provider == "" {
			return errors.New("no provider is named")
		}
	}
	return nil
}

// shown is what stands in a field: what was typed, else its prefill, never a secret.
func (x *execution) shown(n *graph.Node, f *graph.FormField) (string, error) {
	if secret(f.Type) {
		return "", nil
	}
	typed, kept := x.frame().Kept[n.Name][f.Name]
	if !kept && f.Value != nil {
		value, err := x.eval(f.Value)
		if err != nil {
			return "", err
		}
		typed = spelled(value)
	}
	if f.Type == graph.CheckboxField && typed != "true" {
		return "", nil
	}
	return typed, nil
}

// spelled writes a prefill as the browser would send it.
func spelled(value any) string {
	switch value := value.(type) {
	case string:
		return strings.ToValidUTF8(value, "\ufffd")
	case bool:
		return strconv.FormatBool(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case time.Time:
		return value.UTC().Format(time.DateOnly)
	}
	return optionOf(value, 0).Value
}

// choice is an option with the value it stands for.
type choice struct {
	PageOption
	value any
}

// options are the entries of a choice: written out, or one for each record of a list.
func (x *execution) options(f *graph.FormField) ([]choice, error) {
	if f.From == nil {
		options := make([]choice, len(f.Options))
		for i := range f.Options {
			label, err := x.text(f.Options[i].Label)
			if err != nil {
				return nil, err
			}
			options[i] = choice{PageOption{Value: f.Options[i].Value, Label: label}, f.Options[i].Value}
		}
		return options, nil
	}
	value, err := x.eval(f.From)
	if err != nil {
		return nil, err
	}
	records, ok := value.([]any)
	if !ok || len(records) > maxItems {
		return nil, fmt.Errorf("a choice needs a list of at most %d records", maxItems)
	}
	options := make([]choice, len(records))
	for i := range records {
		options[i] = choice{optionOf(records[i], i), records[i]}
	}
	return options, nil
}

// optionOf names a record to the browser: by its id, else by its place.
func optionOf(record any, place int) PageOption {
	id, label := strconv.Itoa(place), ""
	switch r := record.(type) {
	case string:
		id, label = r, r
	case connector.AccountValue:
		id, label = r.ID, r.Username
	case connector.UserValue:
		id, label = r.ID, r.Username
	case map[string]any:
		if given, ok := r["id"].(string); ok {
			id = given
		}
		label, _ = r["name"].(string)
	}
	if label == "" {
		label = id
	}
	return PageOption{Value: id, Label: label}
}

func secret(t graph.FieldType) bool {
	switch t {
	case graph.PasswordField, graph.NewPasswordField, graph.CodeField, graph.PasskeyField, graph.NewPasskeyField, graph.ExternalField, graph.EffortField:
		return true
	}
	return false
}

// autocomplete gives password managers what they look for (HTML, section on autofill).
func autocomplete(form *graph.Form, f *graph.FormField) string {
	switch f.Type {
	case graph.PasswordField:
		return "current-password"
	case graph.NewPasswordField:
		return "new-password"
	case graph.CodeField:
		return "one-time-code"
	case graph.PhoneField:
		return "tel"
	case graph.TextField, graph.EmailField:
		if f.Name == "username" || (f.Type == graph.EmailField && asksPassword(form)) {
			return "username" + besidePasskey(form)
		}
		if f.Type == graph.EmailField {
			return "email"
		}
		return named(f.Name)
	}
	return ""
}

// named is the token for a part of a person's name. Empty: it is none.
func named(field string) string {
	switch field {
	case "givenName":
		return "given-name"
	case "familyName":
		return "family-name"
	case "name":
		return "name"
	}
	return ""
}

// besidePasskey lets browsers offer passkeys where a user name is typed, if anybody's will do.
//
// HTML, autofill: "webauthn" comes last.
func besidePasskey(form *graph.Form) string {
	for i := range form.Fields {
		if form.Fields[i].Type == graph.PasskeyField && form.Fields[i].Account == nil {
			return " webauthn"
		}
	}
	return ""
}

func asksPassword(form *graph.Form) bool {
	for i := range form.Fields {
		if t := form.Fields[i].Type; t == graph.PasswordField || t == graph.NewPasswordField {
			return true
		}
	}
	return false
}
