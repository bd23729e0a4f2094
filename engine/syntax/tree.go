package syntax

import (
	"time"

	"vigil/engine/diag"
)

// File is one flow as it was written.
type File struct {
	Source   *Source
	Flow     Scalar
	Title    Scalar
	Timeout  time.Duration // zero: not written
	Part     bool          // `outcomes` is there
	Outcomes []Outcome
	Inputs   []Declaration
	Vars     []Declaration
	Start    Scalar
	Nodes    []Node
	// Lost are the keys, such as vars and nodes, under which something could not be read: that a name is not there is no further mistake.
	Lost map[string]bool
}

// Declaration is an input, an output or a variable.
type Declaration struct {
	Name    Scalar
	Type    Scalar
	Default *Value // nil: none
}

// Outcome is one way in which a part ends.
type Outcome struct {
	Name    Scalar
	Outputs []Declaration
}

// Node is one step with its one verb. Broken: its verb could not be read, so nothing may be concluded from it.
type Node struct {
	Name   Scalar
	Form   *Form
	Do     *Work
	Choose []Choice
	Call   *Work
	End    *Work
	Limit  int // zero: none
	Then   []Exit
	Broken bool
}

// Work is a capability to do, a part to call or an outcome to end with, and what it is given.
type Work struct {
	Name Scalar
	With []Entry
	Torn bool // what stands under with could not be read
}

// Exit is one entry of `then:`.
type Exit struct {
	Outcome Scalar
	Edge    Edge
}

// Edge leads to a node.
type Edge struct {
	Range   diag.Range
	To      Scalar
	Set     []Entry
	Message *Scalar
	Notice  *Scalar
	Field   *Scalar
	// Torn: `set` could not be read whole.
	Torn bool
}

// Choice is one entry of `choose:`.
type Choice struct {
	Range diag.Range
	When  *Value // nil: the last one
	Edge  Edge
}

// Form is a page.
type Form struct {
	Range   diag.Range
	Title   *Scalar
	Text    *Scalar
	Notice  *Scalar
	Image   *Value
	QR      *Value
	Show    *Value
	Layout  *Scalar
	Fields  []Field
	Buttons []Button // none written: one button `continue`
	Wait    *Wait
}

// Wait polls until another device answers.
type Wait struct {
	Range diag.Range
	For   *Value
	Every time.Duration
}

// Field is one field of a form.
type Field struct {
	Name     Scalar
	Type     Scalar
	Label    *Scalar
	Hint     *Scalar
	Value    *Value
	When     *Value
	Options  *Value
	Account  *Value
	Provider *Value
	Required *bool // nil: not written
}

// Button is one way out of a form.
type Button struct {
	Name  Scalar
	Label *Scalar
	Link  bool
	When  *Value
}

// Value is a literal or an expression, as it was written: a scalar, a list or a map.
type Value struct {
	Range   diag.Range
	Scalar  *Scalar
	Items   []Value // of a list
	Entries []Entry // of a map
	Shape   Shape
}

// Shape tells the three kinds of a Value apart.
type Shape int

// The shapes.
const (
	ScalarShape Shape = iota
	ListShape
	MapShape
)

// Entry is one key of a map with its value.
type Entry struct {
	Key   Scalar
	Value Value
}
