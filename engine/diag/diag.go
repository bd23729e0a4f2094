package diag

// Pos is a place in a file. Line and Column count from 1; columns count characters, not bytes.
type Pos struct{ Line, Column int }

// Range is a stretch of a file; End is exclusive.
type Range struct {
	File       string
	Start, End Pos
}

// Severity tells whether a flow can be served.
type Severity string

// An error refuses the flow, a warning does not.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic names one mistake where it stands.
type Diagnostic struct {
	Severity Severity
	Rule     string // unknown-outcome
	Summary  string // node "verify" has no outcome "succes"
	Detail   string // more of the why, such as the offending path. Empty: none
	Hint     string // how to mend it: did you mean "success"? Empty: none
	Subject  Range
	Related  []Related
}

// Related is the other place of a mistake.
type Related struct {
	Message string
	Range   Range
}
