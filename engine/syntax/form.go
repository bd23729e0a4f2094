package syntax

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
)

func (r *reader) form(n *yaml.Node) *Form {
	f := &Form{Range: r.where(n)}
	if !r.mapping(n, "a form",
		key{"title", func(n *yaml.Node) { f.Title = r.textAt(n, "title") }},
		key{"text", func(n *yaml.Node) { f.Text = r.textAt(n, "text") }},
		key{"notice", func(n *yaml.Node) { f.Notice = r.textAt(n, "notice") }},
		key{"image", func(n *yaml.Node) { f.Image = r.valueAt(n) }},
		key{"qr", func(n *yaml.Node) { f.QR = r.valueAt(n) }},
		key{"show", func(n *yaml.Node) { f.Show = r.valueAt(n) }},
		key{"layout", func(n *yaml.Node) { f.Layout = r.writtenAt(n, "layout") }},
		key{"fields", func(n *yaml.Node) { f.Fields = r.fields(n) }},
		key{"buttons", func(n *yaml.Node) { f.Buttons = r.buttons(n) }},
		key{"wait", func(n *yaml.Node) { f.Wait = r.wait(n) }},
	) {
		return nil
	}
	return f
}

func (r *reader) fields(n *yaml.Node) []Field {
	var list []Field
	items := r.items(n, "fields")
	if len(items) > maxFields {
		r.report("too-large", r.where(items[maxFields]), fmt.Sprintf("the form has %d fields, at most %d are allowed", len(items), maxFields), "split it in two forms")
		items = items[:maxFields]
	}
	first := map[string]diag.Range{}
	for _, item := range items {
		var f Field
		if !r.mapping(item, "a field",
			key{"name", func(n *yaml.Node) { f.Name = r.text(n, "name") }},
			key{"type", func(n *yaml.Node) { f.Type = r.text(n, "type") }},
			key{"label", func(n *yaml.Node) { f.Label = r.textAt(n, "label") }},
			key{"hint", func(n *yaml.Node) { f.Hint = r.textAt(n, "hint") }},
			key{"value", func(n *yaml.Node) { f.Value = r.valueAt(n) }},
			key{"when", func(n *yaml.Node) { f.When = r.valueAt(n) }},
			key{"options", func(n *yaml.Node) { f.Options = r.valueAt(n) }},
			key{"account", func(n *yaml.Node) { f.Account = r.valueAt(n) }},
			key{"provider", func(n *yaml.Node) { f.Provider = r.valueAt(n) }},
			key{"required", func(n *yaml.Node) { b := r.bool(n, "required"); f.Required = &b }},
		) || !r.named(item, f.Name, "a field", first) {
			continue
		}
		for _, required := range []string{"type", "label"} {
			if !has(item, required) {
				r.report("missing-key", f.Name.Range, fmt.Sprintf("the field %q has no %s", f.Name.Value, required), fieldHint(required))
			}
		}
		list = append(list, f)
	}
	return list
}

func fieldHint(missing string) string {
	if missing == "label" {
		return "add label: and what the person reads beside it; screen readers need it too"
	}
	return "add type: text, email, phone, number, date, checkbox, choice, password, newPassword, code, passkey, newPasskey or external"
}

// named holds the name of a field or a button against the rules and against those before it.
func (r *reader) named(item *yaml.Node, name Scalar, what string, first map[string]diag.Range) bool {
	if !has(item, "name") {
		r.report("missing-key", r.where(item), what+" has no name", "add name: and a word by which the flow calls it")
		return false
	}
	if name.Value == "" || !r.name(name, what) {
		return false
	}
	if before, twice := first[name.Value]; twice {
		r.reportRelated("duplicate-name", name.Range, sentence{summary: fmt.Sprintf("two of them are called %q", name.Value), hint: "rename one"},
			diag.Related{Message: "the first stands here", Range: before})
		return false
	}
	first[name.Value] = name.Range
	return true
}

func (r *reader) buttons(n *yaml.Node) []Button {
	var list []Button
	items := r.items(n, "buttons")
	if n.Kind == yaml.SequenceNode && len(items) == 0 {
		r.report("shape", r.where(n), "the form has no buttons", "remove buttons: then it has one, continue")
	}
	if len(items) > maxOutcomes {
		r.report("too-large", r.where(items[maxOutcomes]), fmt.Sprintf("the form has %d buttons, at most %d are allowed", len(items), maxOutcomes), "make a choice field of them")
		items = items[:maxOutcomes]
	}
	first := map[string]diag.Range{}
	for _, item := range items {
		var b Button
		if !r.mapping(item, "a button",
			key{"name", func(n *yaml.Node) { b.Name = r.text(n, "name") }},
			key{"label", func(n *yaml.Node) { b.Label = r.textAt(n, "label") }},
			key{"when", func(n *yaml.Node) { b.When = r.valueAt(n) }},
			key{"kind", func(n *yaml.Node) {
				kind, ok := r.written(n, "kind")
				b.Link = kind.Value == "link"
				if ok && !b.Link {
					r.report("type-literal", kind.Range, fmt.Sprintf("kind is %q, wanted link", kind.Value), "write kind: link, or remove it")
				}
			}},
		) || !r.named(item, b.Name, "a button", first) {
			continue
		}
		if !has(item, "label") {
			r.report("missing-key", b.Name.Range, fmt.Sprintf("the button %q has no label", b.Name.Value), "add label: and what stands on it")
		}
		list = append(list, b)
	}
	return list
}

func (r *reader) wait(n *yaml.Node) *Wait {
	w := &Wait{Range: r.where(n)}
	if !r.mapping(n, "wait",
		key{"for", func(n *yaml.Node) { w.For = r.valueAt(n) }},
		key{"every", func(n *yaml.Node) { w.Every = r.duration(n, "every", time.Minute) }},
	) {
		return nil
	}
	if w.For == nil {
		r.report("missing-key", w.Range, "wait does not say what for", "add for: = and a challenge")
		return nil
	}
	return w
}
