package connector

import "strings"

// Kind is the shape of a value of the flow language.
type Kind string

// The kinds, spelled as flow authors write them.
const (
	String    Kind = "string"
	Bool      Kind = "bool"
	Number    Kind = "number"
	Duration  Kind = "duration"
	Time      Kind = "time"
	List      Kind = "list"
	Object    Kind = "object"
	Account   Kind = "account"   // somebody found in the directory
	User      Kind = "user"      // an account whose owner proved it in this run or session
	Session   Kind = "session"   // the browser's session
	Device    Kind = "device"    // an authenticator of an account
	Challenge Kind = "challenge" // a question answered by another device
	Secret    Kind = "secret"    // handed on whole, never read
	// DeviceRequest is what a device without a browser asks for, which shows a code.
	DeviceRequest Kind = "deviceRequest"
)

// Type is the type of an input, an output or a variable.
type Type struct {
	Kind     Kind
	Elem     *Type   // of a List
	Fields   []Field // of an Object; nil: nothing is known of it
	Optional bool    // the value may be absent (`string?`)
}

// Field is a named, typed place: an input, an output, a field of an object.
type Field struct {
	Name    string
	Type    Type
	Default any // nil: none. An input with a default or an optional type may be left out.
	// Said: an input of words for a person. They are written with {{ }} and have translations, as those of forms do; a default has them too.
	Said bool
	Doc  string // one sentence for authors
}

// String spells the type as authors write it.
func (t Type) String() string {
	var b strings.Builder
	b.WriteString(string(t.Kind))
	if t.Kind == List && t.Elem != nil {
		b.WriteString("<" + t.Elem.String() + ">")
	}
	if t.Optional {
		b.WriteString("?")
	}
	return b.String()
}

// Accepts reports whether a value of type from may stand where t is wanted. A user may stand for an account, never the reverse.
func (t Type) Accepts(from Type) bool {
	if from.Optional && !t.Optional {
		return false
	}
	switch {
	case t.Kind == Account && from.Kind == User:
		return true
	case t.Kind != from.Kind:
		return false
	case t.Kind == List && t.Elem != nil && from.Elem != nil:
		return t.Elem.Accepts(*from.Elem)
	}
	return true
}
