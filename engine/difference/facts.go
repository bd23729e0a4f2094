package difference

import (
	"fmt"
	"strconv"
	"strings"

	"vigil/engine/syntax"
)

// headFacts are what is said of the flow as a whole.
func headFacts(f *syntax.File) map[string]string {
	facts := map[string]string{"title": f.Title.Value, "start": f.Start.Value}
	if f.Timeout > 0 {
		facts["timeout"] = f.Timeout.String()
	}
	for _, d := range f.Vars {
		facts["vars."+d.Name.Value] = declared(d)
	}
	for _, d := range f.Inputs {
		facts["inputs."+d.Name.Value] = declared(d)
	}
	for _, o := range f.Outcomes {
		facts["outcomes."+o.Name.Value] = "given"
		for _, d := range o.Outputs {
			facts["outcomes."+o.Name.Value+"."+d.Name.Value] = declared(d)
		}
	}
	return facts
}

func declared(d syntax.Declaration) string {
	if d.Default == nil {
		return d.Type.Value
	}
	return d.Type.Value + ", " + spelled(d.Default) + " by default"
}

// does names a node's verb.
func does(n *syntax.Node) string {
	switch {
	case n.Form != nil:
		return "form"
	case n.Do != nil:
		return "do " + n.Do.Name.Value
	case n.Call != nil:
		return "call " + n.Call.Name.Value
	case n.End != nil:
		return "end " + n.End.Name.Value
	}
	return "choose"
}

// nodeFacts are what is said of a node, its edges included.
func nodeFacts(n *syntax.Node) map[string]string {
	facts := map[string]string{"verb": does(n)}
	if n.Limit > 0 {
		facts["limit"] = strconv.Itoa(n.Limit)
	}
	for _, work := range []*syntax.Work{n.Do, n.Call, n.End} {
		if work != nil {
			entries(facts, "with.", work.With)
		}
	}
	if n.Form != nil {
		formFacts(facts, n.Form)
	}
	for i := range n.Then {
		edge(facts, "-"+n.Then[i].Outcome.Value+"->", &n.Then[i].Edge)
	}
	for i := range n.Choose {
		c := &n.Choose[i]
		name := fmt.Sprintf("-%d->", i+1)
		edge(facts, name, &c.Edge)
		if c.When != nil {
			facts[name+" when"] = spelled(c.When)
		}
	}
	return facts
}

func edge(facts map[string]string, name string, e *syntax.Edge) {
	facts[name] = e.To.Value
	entries(facts, name+" set ", e.Set)
	texts(facts, name+" ", map[string]*syntax.Scalar{"message": e.Message, "notice": e.Notice, "field": e.Field})
}

func entries(facts map[string]string, prefix string, list []syntax.Entry) {
	for i := range list {
		facts[prefix+list[i].Key.Value] = spelled(&list[i].Value)
	}
}

func texts(facts map[string]string, prefix string, list map[string]*syntax.Scalar) {
	for name, text := range list {
		if text != nil {
			facts[prefix+name] = strconv.Quote(text.Value)
		}
	}
}

func values(facts map[string]string, prefix string, list map[string]*syntax.Value) {
	for name, value := range list {
		if value != nil {
			facts[prefix+name] = spelled(value)
		}
	}
}

func formFacts(facts map[string]string, f *syntax.Form) {
	texts(facts, "", map[string]*syntax.Scalar{"title": f.Title, "text": f.Text, "notice": f.Notice, "layout": f.Layout})
	values(facts, "", map[string]*syntax.Value{"image": f.Image, "qr": f.QR, "show": f.Show})
	order := make([]string, len(f.Fields))
	for i := range f.Fields {
		field := &f.Fields[i]
		name := "field " + field.Name.Value
		order[i] = field.Name.Value
		facts[name] = field.Type.Value
		texts(facts, name+" ", map[string]*syntax.Scalar{"label": field.Label, "hint": field.Hint})
		values(facts, name+" ", map[string]*syntax.Value{"value": field.Value, "when": field.When, "options": field.Options, "account": field.Account, "provider": field.Provider})
		if field.Required != nil {
			facts[name+" required"] = strconv.FormatBool(*field.Required)
		}
	}
	facts["fields"] = strings.Join(order, ", ")
	order = make([]string, len(f.Buttons))
	for i := range f.Buttons {
		b := &f.Buttons[i]
		name := "button " + b.Name.Value
		order[i] = b.Name.Value
		facts[name] = map[bool]string{false: "button", true: "link"}[b.Link]
		texts(facts, name+" ", map[string]*syntax.Scalar{"label": b.Label})
		values(facts, name+" ", map[string]*syntax.Value{"when": b.When})
	}
	facts["buttons"] = strings.Join(order, ", ")
	if f.Wait != nil {
		facts["wait"] = spelled(f.Wait.For) + " every " + f.Wait.Every.String()
	}
}

// spelled writes a value in one line.
func spelled(v *syntax.Value) string {
	switch v.Shape {
	case syntax.ListShape:
		parts := make([]string, len(v.Items))
		for i := range v.Items {
			parts[i] = spelled(&v.Items[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case syntax.MapShape:
		parts := make([]string, len(v.Entries))
		for i := range v.Entries {
			parts[i] = v.Entries[i].Key.Value + ": " + spelled(&v.Entries[i].Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	if v.Scalar == nil {
		return ""
	}
	return v.Scalar.Value
}
