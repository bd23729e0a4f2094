package vocabulary

// Holds is what stands behind a key.
type Holds string

// What can stand behind a key.
const (
	FlowName  Holds = "name of a flow"
	NodeName  Holds = "name of a node"
	Name      Holds = "name"
	Text      Holds = "text"
	Value     Holds = "value"
	Condition Holds = "condition"
	Duration  Holds = "duration"
	Count     Holds = "number"
	Bool      Holds = "true or false"
	TypeName  Holds = "type"
	FieldType Holds = "field type"
	Layout    Holds = "layout"
	Link      Holds = "link"
	Outcome   Holds = "outcome"
	Work      Holds = "capability"
	Nested    Holds = "map"
	List      Holds = "list"
)

// Key is one key of a map.
type Key struct {
	Name     string
	Holds    Holds
	Of       string // the map that is Nested, or the maps of a List
	Required bool
	Doc      string // one sentence for authors
}

// Map is a kind of map in a flow file.
type Map struct {
	Name string // as Key.Of names it
	What string // in words: "a field"
	Keys []Key  // in the order in which they are written
	// Free is what stands behind keys that the author chooses: the name of a map, or "value". Empty: the map has Keys alone.
	Free string
}

// Top is the map of the whole file.
const Top = "flow"

// Find gives a map by name. Nil: there is none.
func Find(name string) *Map {
	for _, m := range Maps() {
		if m.Name == name {
			return &m
		}
	}
	return nil
}

// Key finds a key. Nil: the map has none of this name.
func (m *Map) Key(name string) *Key {
	for i := range m.Keys {
		if m.Keys[i].Name == name {
			return &m.Keys[i]
		}
	}
	return nil
}

// Below gives the map that stands behind a key. Nil: none, or nothing is known of it.
func (m *Map) Below(key string) *Map {
	if m == nil {
		return nil
	}
	if k := m.Key(key); k != nil {
		return Find(k.Of)
	}
	return Find(m.Free)
}

// Maps gives all kinds of maps, the whole file first.
func Maps() []Map {
	return []Map{
		{Name: Top, What: "a flow", Keys: []Key{
			{"flow", FlowName, "", true, "The name of the flow, which is also that of its file: small letters, digits and hyphens."},
			{"title", Text, "", true, "One sentence on what the flow does, for its authors."},
			{"timeout", Duration, "", false, "A run older than this ends with the error timeout. Left out: 15m. At most 48h."},
			{"inputs", Nested, "declarations", false, "What a part is given. Parts only: a sign-on flow reads request."},
			{"outcomes", Nested, "outcomes", false, "How a part can end, and what each ending gives. This key makes a file a part, called by flows."},
			{"vars", Nested, "declarations", false, "What a run remembers."},
			{"start", NodeName, "", true, "The first node."},
			{"nodes", Nested, "nodes", true, "The steps, by name."},
		}},
		{Name: "nodes", What: "nodes", Free: "node"},
		{Name: "node", What: "a node", Keys: []Key{
			{"form", Nested, "form", false, "Shows a page and waits for the person."},
			{"do", Work, "", false, "Asks a capability for one piece of work."},
			{"choose", List, "choice", false, "Goes on by the first condition that holds."},
			{"call", FlowName, "", false, "Runs a part, its pages included."},
			{"end", Outcome, "", false, "Ends the flow: success, error, or an outcome of the part."},
			{"with", Nested, "values", false, "What the capability, the part or the ending is given."},
			{"limit", Count, "", false, "Entered more often in one run, the node is left by exhausted. From 1 to 100."},
			{"then", Nested, "exits", false, "Where each outcome leads."},
		}},
		{Name: "form", What: "a form", Keys: []Key{
			{"title", Text, "", false, "The heading of the page."},
			{"text", Text, "", false, "What stands below the heading."},
			{"notice", Text, "", false, "Good news."},
			{"image", Value, "", false, "A picture: https://…, a path of the host itself, or data:image/…;base64,…. Nothing else is shown."},
			{"qr", Value, "", false, "What to draw as a QR code: a string or a secret."},
			{"show", Value, "", false, "What to show as it is, to be copied: a string or a secret. Each line stands by itself."},
			{"layout", Layout, "", false, "How the page looks. Left out: card."},
			{"fields", List, "field", false, "What the page asks for."},
			{"buttons", List, "button", false, "The ways out. Left out: one button, continue."},
			{"wait", Nested, "wait", false, "Polls until another device answers."},
		}},
		{Name: "field", What: "a field", Keys: []Key{
			{"name", Name, "", true, "By which the flow calls it: node.name."},
			{"type", FieldType, "", true, "How it is shown and what it gives."},
			{"label", Text, "", true, "What the person reads beside it."},
			{"value", Value, "", false, "What stands in it at first."},
			{"hint", Text, "", false, "A few words of help."},
			{"required", Bool, "", false, "Whether it must be filled in. Left out: yes, but no for a checkbox."},
			{"when", Condition, "", false, "Not shown when this does not hold; it keeps its value."},
			{"options", Value, "", false, "Of a choice: a list, or an expression that gives one."},
			{"account", Value, "", false, "Of a passkey: whose. Left out: anybody's. Of a new passkey: who gets it."},
			{"provider", Value, "", false, "Of an external sign-on: the name of the identity provider in the configuration."},
		}},
		{Name: "button", What: "a button", Keys: []Key{
			{"name", Name, "", true, "The outcome by which the form is left."},
			{"label", Text, "", true, "What stands on it."},
			{"kind", Link, "", false, "link: it skips validation and gives no values."},
			{"when", Condition, "", false, "Hidden when this does not hold; it can then not be pressed."},
		}},
		{Name: "wait", What: "wait", Keys: []Key{
			{"for", Value, "", true, "The challenge."},
			{"every", Duration, "", false, "How often to look. Left out: 2s."},
		}},
		{Name: "choice", What: "an entry of choose", Keys: append([]Key{{"when", Condition, "", false, "The condition. The last entry has none."}}, edgeKeys()...)},
		{Name: "exits", What: "then", Free: "edge"},
		{Name: "edge", What: "an edge", Keys: edgeKeys()},
		{Name: "values", What: "values", Free: "value"},
		{Name: "declarations", What: "declarations", Free: "declaration"},
		{Name: "declaration", What: "a declaration", Keys: []Key{
			{"type", TypeName, "", true, "The type."},
			{"default", Value, "", false, "The value where none is given."},
		}},
		{Name: "outcomes", What: "outcomes", Free: "declarations"},
	}
}

func edgeKeys() []Key {
	return []Key{
		{"to", NodeName, "", true, "The node to go to."},
		{"set", Nested, "values", false, "Variables that get a value on the way."},
		{"message", Text, "", false, "Shown by the form it leads to, as an error."},
		{"notice", Text, "", false, "Shown by the form it leads to, as good news."},
		{"field", Name, "", false, "The field beside which the message stands."},
	}
}
