package run

import (
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// Effect is what a step came to: a Page, a Success or a Failure, of a run that a link opened an Answered in the place of Success, as values.
type Effect interface{ effect() }

func (Page) effect()    {}
func (Success) effect() {}
func (Failure) effect() {}

// Page is a form to show. Its texts are plain: escaping is the template's business.
type Page struct {
	Flow string // name of the sign-on flow
	// Node names the form; inside parts with the calls that led there: "enrol/details". An answer must bring it back.
	Node string
	// Language is that of the texts, as a BCP 47 tag. Empty: the flows' own.
	Language     string
	Title        string
	Text         string // empty: none
	Notice       string // good news. Empty: none
	Message      string // what went wrong. Empty: nothing
	MessageField string // the field Message stands beside. Empty: the whole form
	Layout       string // name of a page template. Empty: the usual one
	Image        string // URL of a picture. Empty: none
	QR           string // what to draw as a QR code; it may be a secret. Empty: none
	Show         string // what to show to be copied, line by line; it may be a secret. Empty: none
	Fields       []PageField
	// Buttons are the ways out beside the fields that are buttons by themselves (FieldType.Pressed). The first is what Enter presses. Empty: there
	// are such fields alone.
	Buttons []PageButton
	Wait    *PageWait // nil: the page waits for the person alone
}

// PageField is one visible field.
type PageField struct {
	Name     string
	Type     graph.FieldType
	Label    string
	Hint     string // empty: none
	Value    string // what to show in it. Always empty for a secret; "true" is a ticked checkbox
	Required bool
	Options  []PageOption // of a choice
	Puzzle   string       // of an effort
	// Autocomplete is the HTML token. Empty: none.
	Autocomplete string
	// Account is whose passkey is asked for, or who gets a new one. Nil: anybody's. It is for the host, not for the page.
	Account *connector.AccountValue
	// Provider is the identity provider of an external sign-on. Empty: the field is none.
	Provider string
	// Repeat is the name under which the second entry of a newPassword is sent. Empty: asked once.
	Repeat string
	// Problem says why the last entry was refused. Empty: it was not.
	Problem Problem
	// Message puts Problem, or the page's Message where MessageField is this field, in words. Empty: none.
	Message string
}

// PageOption is one entry of a choice.
type PageOption struct{ Value, Label string }

// PageButton is one visible way out.
type PageButton struct {
	Name, Label string
	Link        bool // skips validation
}

// Success tells the host whom to sign on and for how long.
type Success struct {
	User connector.UserValue
	// Methods are the proofs that hold for this very user, the latest of each method, sorted by method. Never empty.
	Methods []connector.Proof
	// ExtraMethods are what the flow adds to the token's methods.
	ExtraMethods []string
	// SessionID is set when a proof of a session was used: the host joins that very session or fails with login_required. It never starts one then.
	SessionID string
	// FromSession: nothing was proved in this run; all of Methods is the session's.
	FromSession bool
	IdleTimeout time.Duration // never zero; 30 days unless the flow says
	MaxLifetime time.Duration // zero: none
	Persistent  *bool         // nil: the flow does not say
	ACR         string        // empty: none
	Scopes      []string      // nil: the flow does not say
	// Device is the id of the request of a device that this sign-on lets in. Empty: none.
	Device string
	// IDTokenClaims and AccessTokenClaims hold strings, bools, float64, times, lists and objects of these.
	IDTokenClaims     map[string]any
	AccessTokenClaims map[string]any
}

// Failure tells the host why the run came to nothing.
type Failure struct {
	Code        string // one of connector.EndCodes
	Description string // the flow's own words. Empty: none
	Node        string // where it ended, as in Page.Node
	Cause       error  // for the operator's log, never for a page. Nil: the flow meant it
}
