package connector

import (
	"context"
	"sort"
	"time"
)

// Capability is one piece of work that a `do` node can ask for.
type Capability struct {
	Name     string // "user.checkPassword"
	Doc      string // one sentence for authors
	Inputs   []Field
	Outcomes []Outcome // what it declares; `error` and `exhausted` are the engine's
	// Proves is the method that outcome "success" proves for its output `user`. Empty: the capability is no authenticator.
	Proves string
	// ProvesAlso are methods that success always proves for that user besides.
	ProvesAlso []string
	// Guessable: trying again may hit; a cycle through it needs a limit (rule unlimited-guessing).
	Guessable bool
	// Opens: it makes a link behind which a part runs in a second run. It takes the inputs `opens`, the name of the part, and `inputs`, what
	// the part is given besides the account, and has an input `account` and an output `challenge`. Nil: it makes none.
	Opens *Opens
	// Expects: a flow says what it expects, and is given just that. Nil: it gives what it declares.
	Expects *Expects
	// Reads: it changes nothing, sends nothing and asks nobody outside, so that a flow may be tried out up to its first page.
	Reads bool
	// Needs names what an environment must be configured with for it to work, such as mail. Empty: nothing.
	Needs string
	// NeedsBy is the input that says which of them, such as an address among httpHosts. Empty: any will do.
	NeedsBy string
	// Run does the work. It returns an error for a failure of its own, which the flow sees as outcome `error` with code `server_error`.
	Run func(ctx context.Context, call Call) (Result, error)
}

// Expects names an input and an output: the map that a flow writes out under the input, names with types, are the fields of the output.
type Expects struct{ Input, Output string }

// Opens says what a link means.
type Opens struct {
	// Proves is the method that opening the link proves for its account, since nobody else was given it. Empty: it proves nothing.
	Proves string
}

// Opening is the part behind a link that is to be made.
type Opening struct {
	Part, Hash string // its name and identity
	Proves     string // as in Opens
	Inputs     []byte // what it is given, as package run writes and reads it
}

// Outcome is one way to leave a node, with what it gives.
type Outcome struct {
	Name    string
	Outputs []Field
	Doc     string
}

// Call is what a capability gets.
type Call struct {
	EnvironmentID string
	RunID         string
	Flow, Node    string
	Request       Request
	Session       *SessionValue // nil: the browser has no live session
	Proofs        []Proof       // what this run proved so far, of every account; without what the session brought
	Inputs        map[string]any
	Now           time.Time
	// BaseURL is where the browser met the environment, such as https://id.example.com, without a slash at its end. Empty: not known.
	BaseURL string
	Opens   *Opening // of a capability that opens a part. Nil otherwise
	Agent   Agent    // the browser of this step. Nil: there is none
}

// Agent is the browser of one step, as far as a capability may touch it. What it is told reaches the browser with the answer to the step; after
// that it is deaf.
type Agent interface {
	// Marks are what this browser keeps because a capability gave it to it: secrets that nobody else can know.
	Marks() []string
	// Mark makes one more for the browser to keep for so long, and gives it.
	Mark(life time.Duration) (string, error)
	// ChangeSession changes the browser's live session at once. False: it has none.
	ChangeSession(ctx context.Context, change SessionChange) (bool, error)
	// EndSession ends the browser's live session at once, for every application. False: it had none.
	EndSession(ctx context.Context) (bool, error)
}

// SessionChange is what is to become of a live session.
type SessionChange struct {
	IdleTimeout time.Duration     // zero: as it is
	MaxLifetime time.Duration     // zero: as it is
	Properties  map[string]string // beside those it has. An empty text takes one away
}

// Result is how a capability left.
type Result struct {
	Outcome string
	Output  map[string]any
	// Proofs are what this call proved. The engine keeps them per account. An authenticator gives them with outcome success, by its own method
	// and for its output `user`; any other capability only hands on proofs of the live session. Everything else is a broken declaration.
	Proofs []Proof
	// Renews is an account as this call left it: every value of it in the run becomes this one, and what was proved for it goes on counting.
	// Only the call that changed the account for its proved owner may say so. Nil: nothing changed.
	Renews *AccountValue
	// EndsSession: the browser's session is over. The run knows of none from here on, nor of what it proved.
	EndsSession bool
}

// Registry holds the capabilities by name. It does not change after New.
type Registry struct {
	byName map[string]*Capability
	names  []string
}

// NewRegistry makes a registry. Of two capabilities with one name the later wins.
func NewRegistry(capabilities ...Capability) *Registry {
	r := &Registry{byName: make(map[string]*Capability, len(capabilities))}
	for i := range capabilities {
		c := capabilities[i]
		if _, known := r.byName[c.Name]; !known {
			r.names = append(r.names, c.Name)
		}
		r.byName[c.Name] = &c
	}
	sort.Strings(r.names)
	return r
}

// Lookup finds a capability. Nil: unknown.
func (r *Registry) Lookup(name string) *Capability { return r.byName[name] }

// Names gives all names, sorted.
func (r *Registry) Names() []string { return r.names }
