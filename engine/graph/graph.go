package graph

import (
	"time"

	"vigil/engine/connector"
	"vigil/engine/diag"
)

// Flow is a compiled flow: proved, immutable, safe for many runs at once.
type Flow struct {
	Name    string
	Title   string
	Hash    string        // SHA-256 in hex of its bytes, its Texts, and the identities of all parts it calls or opens
	Timeout time.Duration // a run older than this ends with error `timeout`
	Part    bool          // called by flows; has Inputs and Outcomes
	Inputs  []connector.Field
	// Outcomes of a part. A sign-on flow ends in `success` or `error`.
	Outcomes []connector.Outcome
	Vars     []Variable
	// Settings and Secrets are those of the environment that the flow itself reads, in the order in which it names them first.
	Settings []connector.Field
	Secrets  []string
	// Problems says what was wrong with an entry, in other languages: by tag, then by the name of the problem.
	Problems map[string]map[string]string
	// Texts are what was written of it, and of problems, in other languages: by tag, then by place.
	Texts  map[string]map[string]string
	Start  *Node
	Nodes  []*Node // in the order of the file
	Source []byte
}

// Variable is what a run remembers.
type Variable struct {
	connector.Field
	Range diag.Range
}

// Node finds a node by name. Nil: none.
func (f *Flow) Node(name string) *Node {
	for _, n := range f.Nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// Node is one step. Exactly one of Form, Do, Choose, Call and End is set.
type Node struct {
	Name   string
	Range  diag.Range
	Form   *Form
	Do     *Do
	Choose []Choice
	Call   *Call
	End    *End
	Limit  int              // entered more often in one run, it is left by `exhausted`. Zero: no limit
	Then   map[string]*Edge // by outcome. The entries of Choose carry their own edges
}

// Edge leads from an outcome to a node.
type Edge struct {
	To      *Node
	Set     []Assignment // computed after the outcome, before To is entered
	Message *Text        // nil: none; shown by the form To as an error
	Notice  *Text        // nil: none; shown by the form To as good news
	Field   string       // the field of To that Message stands beside. Empty: the whole form
	Range   diag.Range
}

// Assignment gives a variable its value.
type Assignment struct {
	Variable string
	Value    Value
}

// Do asks a capability for a piece of work.
type Do struct {
	Capability *connector.Capability
	With       []Argument
	Opens      *Opening // of a capability that makes a link. Nil otherwise
}

// Opening is what runs behind a link: a part, in a second run, whose outcome approved or denied answers the challenge.
type Opening struct {
	Part *Flow
	// With is what the part is given beside its input `account`, which is the one that the link is for. None of it is a secret or a user.
	With []Argument
}

// Call runs a part, its pages included.
type Call struct {
	Part *Flow
	With []Argument
}

// End ends the flow with an outcome.
type End struct {
	Outcome string // success, error, or one that the part declares
	With    []Argument
}

// StandardIdleTimeout is what a success without idleTimeout gives, PingOne's 43,200 minutes (seed 003).
const StandardIdleTimeout = 30 * 24 * time.Hour

// Argument is one entry of `with:`.
type Argument struct {
	Name  string
	Type  connector.Type
	Value Value // nil: Said
	Said  *Text // words for a person. Nil: Value
	Range diag.Range
	Items []diag.Range // of the entries, where it is a list that was written out
}

// Choice is one entry of `choose:`. When is nil in the last one.
type Choice struct {
	When Value
	Edge *Edge
}

// Scope gives expressions their values: Lookup("vars", "user"), Lookup("verify", "user"), Lookup("request", "loginHint").
// False: there is no such value now.
type Scope interface {
	Lookup(root, name string) (any, bool)
	Now() time.Time
}

// Value is a literal or a compiled expression.
type Value interface {
	// Eval computes the value. It fails when the expression yields nothing where a value is needed.
	Eval(Scope) (any, error)
	// Type is what was proved of it.
	Type() connector.Type
}

// Text is a text with `{{ }}` in it, compiled.
type Text struct {
	Source string
	Range  diag.Range
	Parts  []TextPart
	In     map[string][]TextPart // in other languages, by tag. Nil: in none
}

// TextPart is a piece of literal text, or a value to stand for.
type TextPart struct {
	Literal string
	Value   Value // nil: Literal
}
