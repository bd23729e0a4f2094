package compile

import (
	"fmt"
	"slices"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/syntax"
)

// pressed gives every field that is a button by itself its way out.
func (c *compiler) pressed(form *graph.Form, f *syntax.Form) {
	for i := range form.Fields {
		field, written := &form.Fields[i], &f.Fields[i]
		if !field.Type.Pressed() {
			continue
		}
		field.Required = true
		if written.Required != nil {
			c.report("shape", field.Range, fmt.Sprintf("the field %q is a button by itself: it is never required", field.Name), "remove required")
		}
		if at := slices.IndexFunc(f.Buttons, func(b syntax.Button) bool { return b.Name.Value == field.Name }); at >= 0 {
			c.report("duplicate-name", f.Buttons[at].Name.Range, fmt.Sprintf("the field %q is a button by itself: two ways out have one name", field.Name), "rename one")
			continue
		}
		form.Buttons = append(form.Buttons, graph.Button{Name: field.Name, Field: field.Name, Range: field.Range})
	}
}

// pressedAlone reports whether a form asks for nothing but fields that are buttons by themselves. It then needs no other button.
func pressedAlone(form *graph.Form) bool {
	for i := range form.Fields {
		if !form.Fields[i].Type.Pressed() {
			return false
		}
	}
	return len(form.Fields) > 0
}

// whose compiles the keys that belong to passkeys and to external sign-ons.
func (c *compiler) whose(field *graph.FormField, f *syntax.Field) {
	switch passkey := field.Type == graph.PasskeyField || field.Type == graph.NewPasskeyField; {
	case f.Account != nil && !passkey && field.Type == "": // which is said
	case f.Account != nil && !passkey:
		c.report("shape", f.Account.Range, fmt.Sprintf("a field of type %s takes no account", field.Type), "account belongs to a passkey")
	case f.Account != nil:
		field.Account = c.value(f.Account, connector.Type{Kind: connector.Account}, "account")
	case field.Type == graph.NewPasskeyField:
		c.report("missing-key", f.Name.Range, fmt.Sprintf("the new passkey %q has no account", field.Name), "add account: = and whoever gets it")
	}
	switch external := field.Type == graph.ExternalField; {
	case f.Provider != nil && !external:
		c.report("shape", f.Provider.Range, fmt.Sprintf("a field of type %s takes no provider", field.Type), "provider belongs to an external sign-on")
	case f.Provider != nil:
		field.Provider = c.value(f.Provider, anyText, "provider")
	case external:
		c.report("missing-key", f.Name.Range, fmt.Sprintf("the external sign-on %q has no provider", field.Name), "add provider: and its name in the configuration")
	}
}
