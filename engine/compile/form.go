package compile

import (
	"fmt"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// pending is a choice whose entries are computed. Its type is known when the expression is compiled.
type pending struct {
	node  string
	field *graph.FormField
	from  *syntax.Value
	busy  bool
	done  bool
}

// fieldKinds says what each type of field gives.
var fieldKinds = map[graph.FieldType]connector.Kind{
	graph.TextField: connector.String, graph.EmailField: connector.String, graph.PhoneField: connector.String, graph.ChoiceField: connector.String,
	graph.NumberField: connector.Number, graph.DateField: connector.Time, graph.CheckboxField: connector.Bool,
	graph.PasswordField: connector.Secret, graph.NewPasswordField: connector.Secret, graph.CodeField: connector.Secret, graph.PasskeyField: connector.Secret,
	graph.NewPasskeyField: connector.Secret, graph.ExternalField: connector.Secret, graph.EffortField: connector.Secret,
}

var waitOutcomes = []string{"approved", "denied", "expired"}

var fieldTypes = []string{"text", "email", "phone", "number", "date", "checkbox", "choice", "password", "newPassword", "code", "passkey", "newPasskey", "external", "effort"}

// formShell makes the form with its fields and buttons, without any value.
func (c *compiler) formShell(node *graph.Node, f *syntax.Form) *graph.Form {
	form := &graph.Form{Fields: make([]graph.FormField, len(f.Fields)), Buttons: make([]graph.Button, 0, len(f.Buttons)+1)}
	for i := range f.Fields {
		written, field := &f.Fields[i], &form.Fields[i]
		*field = graph.FormField{Name: written.Name.Value, Type: graph.FieldType(written.Type.Value), Range: written.Name.Range}
		kind, known := fieldKinds[field.Type]
		if !known && written.Type.Value != "" {
			c.report("unknown-type", written.Type.Range, fmt.Sprintf("there is no field type %q", written.Type.Value), diag.DidYouMean(written.Type.Value, fieldTypes, "The field types are"))
		}
		field.Required = field.Type != graph.CheckboxField
		if written.Required != nil {
			field.Required = *written.Required
		}
		if field.Type == graph.EffortField {
			field.Required = false // what is not done is for challenge.check to say
		}
		field.Gives = connector.Type{Kind: kind, Optional: c.mayStayEmpty(kind, field.Required, written)}
		if field.Type == graph.ChoiceField && written.Options != nil && written.Options.Scalar != nil {
			field.Gives = connector.Type{}
			c.open = append(c.open, pending{node: node.Name, field: field, from: written.Options})
		}
	}
	for i := range f.Buttons {
		b := &f.Buttons[i]
		if f.Wait != nil && slices.Contains(waitOutcomes, b.Name.Value) {
			c.report("name", b.Name.Range, fmt.Sprintf("a form that waits has the outcome %q already", b.Name.Value), "choose another name for the button")
		}
		form.Buttons = append(form.Buttons, graph.Button{Name: b.Name.Value, Link: b.Link, Range: b.Name.Range})
	}
	if len(form.Buttons) == 0 && !pressedAlone(form) {
		form.Buttons = append(form.Buttons, graph.Button{Name: "continue", Label: plain("Continue", node.Range), Range: node.Range})
	}
	c.pressed(form, f)
	if f.Wait != nil {
		form.Wait = &graph.Wait{Every: f.Wait.Every}
		if form.Wait.Every == 0 {
			form.Wait.Every = defaultEvery
		}
	}
	return form
}

// mayStayEmpty reports whether a field may give nothing: an empty text is a text, an empty number is none.
func (c *compiler) mayStayEmpty(kind connector.Kind, required bool, f *syntax.Field) bool {
	if kind != connector.Number && kind != connector.Time {
		return false
	}
	return !required || f.When != nil && f.Value == nil
}

// form compiles the texts and values of a form.
func (c *compiler) form(node *graph.Node, f *syntax.Form) {
	form := node.Form
	form.Title, form.Text, form.Notice = c.said(f.Title, "title"), c.said(f.Text, "text"), c.said(f.Notice, "notice")
	if f.Image != nil {
		form.Image = c.value(f.Image, anyText, "image")
		c.unshown(f.Image)
	}
	if f.QR != nil {
		form.QR = c.textOrSecret(f.QR, "qr")
	}
	if f.Show != nil {
		form.Show = c.textOrSecret(f.Show, "show")
	}
	if f.Layout != nil {
		form.Layout = f.Layout.Value
		c.layout(f)
	}
	if f.Wait != nil {
		form.Wait.For = c.value(f.Wait.For, connector.Type{Kind: connector.Challenge}, "for")
	}
	for i := range f.Fields {
		c.field(&form.Fields[i], &f.Fields[i])
	}
	for i := range f.Buttons {
		form.Buttons[i].Label = c.said(f.Buttons[i].Label, form.Buttons[i].Name, "label")
		form.Buttons[i].When = c.condition(f.Buttons[i].When)
	}
	for i := range form.Buttons {
		for j := range form.Fields {
			if form.Buttons[i].Field == form.Fields[j].Name {
				form.Buttons[i].Label, form.Buttons[i].When = form.Fields[j].Label, form.Fields[j].When
			}
		}
	}
}

// unshown warns of a picture that is written out and that no page of the host shows.
func (c *compiler) unshown(image *syntax.Value) {
	if image.Scalar == nil || strings.HasPrefix(image.Scalar.Value, "=") {
		return
	}
	written := image.Scalar.Value
	own := strings.HasPrefix(written, "/") && !strings.HasPrefix(written, "//")
	if !own && !strings.HasPrefix(written, "https://") && !strings.HasPrefix(written, "data:image/") {
		c.warn("image", image.Range, fmt.Sprintf("pages do not show %q", written), "write https://…, a path of the host itself such as /brand/harbour.svg, or data:image/…;base64,…")
	}
}

// Layouts are the looks that forms can name.
func Layouts() []string { return graph.LayoutNames() }

// layout wants a look that there is, and of the form what that look shows.
func (c *compiler) layout(f *syntax.Form) {
	at := slices.IndexFunc(graph.Layouts(), func(l graph.Layout) bool { return l.Name == f.Layout.Value })
	if at < 0 {
		c.report("unknown-layout", f.Layout.Range, fmt.Sprintf("there is no layout %q", f.Layout.Value), diag.DidYouMean(f.Layout.Value, graph.LayoutNames(), "The layouts are"))
		return
	}
	switch image := graph.Layouts()[at].Image; {
	case image == graph.Required && f.Image == nil:
		c.report("layout", f.Layout.Range, fmt.Sprintf("the layout %q shows the form beside a picture, and there is none", f.Layout.Value), "give the form an image, or take another layout")
	case image == graph.Absent && f.Image != nil:
		c.report("layout", f.Layout.Range, fmt.Sprintf("the layout %q has no place for the image", f.Layout.Value), "take the image away, or take another layout")
	}
}

func (c *compiler) condition(v *syntax.Value) graph.Value {
	if v == nil {
		return nil
	}
	return c.value(v, connector.Type{Kind: connector.Bool}, "the condition")
}

func (c *compiler) field(field *graph.FormField, f *syntax.Field) {
	field.Label, field.Hint = c.said(f.Label, field.Name, "label"), c.said(f.Hint, field.Name, "hint")
	field.When = c.condition(f.When)
	c.options(field, f)
	c.whose(field, f)
	if f.Value == nil {
		if field.Type == graph.EffortField {
			c.report("missing-key", f.Name.Range, fmt.Sprintf("the effort %q has no puzzle", field.Name), "add value: = and the puzzle that challenge.create gave")
		}
		return
	}
	if field.Type == graph.EffortField {
		field.Value = c.value(f.Value, anyText, "value")
		return
	}
	if field.Gives.Kind == connector.Secret {
		c.report("secret-in-text", f.Value.Range, fmt.Sprintf("the field %q holds a secret: nothing can be filled in", field.Name), "remove value")
		return
	}
	want := field.Gives
	want.Optional = true
	field.Value = c.value(f.Value, want, "value")
}

// options compiles the entries of a choice.
func (c *compiler) options(field *graph.FormField, f *syntax.Field) {
	if field.Type != graph.ChoiceField {
		if f.Options != nil {
			c.report("shape", f.Options.Range, fmt.Sprintf("a field of type %s takes no options", field.Type), "options belong to a choice")
		}
		return
	}
	switch o := f.Options; {
	case o == nil:
		c.report("missing-key", f.Name.Range, fmt.Sprintf("the choice %q has no options", field.Name), "add options: {value: Label, …}, or = and a list")
	case o.Shape == syntax.ScalarShape:
		for i := range c.open {
			if c.open[i].field == field {
				c.settle(&c.open[i])
			}
		}
	case o.Shape == syntax.ListShape:
		if hint := pairsHint(o); hint != "" {
			c.report("shape", o.Range, "an option is a text, not a map", hint)
			return
		}
		for i := range o.Items {
			if s := o.Items[i].Scalar; s != nil {
				field.Options = append(field.Options, graph.Option{Value: s.Value, Label: c.said(s, field.Name, s.Value)})
				continue
			}
			c.report("shape", o.Items[i].Range, "an option is a text", "write options: {value: Label, …}")
		}
	default:
		for i := range o.Entries {
			entry := &o.Entries[i]
			if entry.Value.Scalar == nil {
				c.report("shape", entry.Value.Range, "the label of an option is a text", "write options: {value: Label, …}")
				continue
			}
			field.Options = append(field.Options, graph.Option{Value: entry.Key.Value, Label: c.said(entry.Value.Scalar, field.Name, entry.Key.Value)})
		}
	}
}

// pairsHint is for options that are maps of a value and a label, as elsewhere. Empty: they are not.
func pairsHint(o *syntax.Value) string {
	var pairs []string
	for i := range o.Items {
		if o.Items[i].Shape != syntax.MapShape {
			return ""
		}
		var words []string
		for _, entry := range o.Items[i].Entries {
			if entry.Value.Scalar != nil {
				words = append(words, clip(entry.Value.Scalar.Value))
			}
		}
		if len(words) == 1 && len(o.Items[i].Entries) == 1 {
			words = []string{o.Items[i].Entries[0].Key.Value, words[0]}
		}
		if len(words) < 2 {
			return ""
		}
		pairs = append(pairs, words[0]+": "+words[1])
	}
	if len(pairs) == 0 || len(pairs) > 5 {
		return ""
	}
	return "write options: {" + strings.Join(pairs, ", ") + "}"
}

// settle compiles the list a choice is made from, and gives the field its type.
func (c *compiler) settle(p *pending) {
	if p.done || p.busy {
		return
	}
	p.busy = true
	value := c.value(p.from, connector.Type{Kind: connector.List}, "options")
	p.busy, p.done = false, true
	if value == nil {
		return
	}
	p.field.From = value
	elem := value.Type().Elem
	if elem == nil {
		elem = &connector.Type{Kind: connector.String}
	}
	p.field.Gives = *elem
	p.field.Gives.Optional = elem.Kind != connector.String && (!p.field.Required || p.field.When != nil)
}

// textOrSecret compiles a value that may be either.
func (c *compiler) textOrSecret(v *syntax.Value, key string) graph.Value {
	if v.Scalar != nil {
		if _, _, computed := v.Scalar.Expression(); computed {
			value := c.value(v, connector.Type{}, key)
			if value != nil && value.Type().Kind != connector.String && value.Type().Kind != connector.Secret {
				c.report("type", v.Range, fmt.Sprintf("%s is given %s, wanted a string or a secret", key, article(value.Type())), "give it a text or a link")
				return nil
			}
			return value
		}
	}
	return c.value(v, anyText, key)
}
