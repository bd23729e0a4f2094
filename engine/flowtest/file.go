package flowtest

import (
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/diag"
	"vigil/engine/run"
)

// file is a test file, read.
type file struct {
	users  map[string]*person
	waits  waiting
	around surroundings
	cases  []testCase
}

// person is a user of the tests. Its name is the account's id.
type person struct {
	account            connector.AccountValue
	password           string
	locked, mustChange bool
	newcomer           bool     // registered, and nobody proved anything yet: no name leads here
	claimed            bool     // nobody but them says that the e-mail address is theirs: it leads nowhere
	passkey            bool     // has one from the start
	totp               bool     // has an authenticator app from the start
	recovery           []string // codes from the start
	external           []string // providers that they are linked to from the start
}

// testCase is one case.
type testCase struct {
	name     string
	settings map[string]any // other than the file's
	session  *seed
	request  connector.Request
	inputs   map[string]any     // of a part
	answers  map[place][]answer // in turn; the last one goes on
	steps    []step
	where    func(*yaml.Node) diag.Range // of a node of the file
}

// seed is the session a case begins with.
type seed struct {
	user    string
	methods []string
	age     time.Duration // of the session, its proofs and its last activity
	idle    time.Duration // zero: 30 days
}

// answer stands in for a capability.
type answer struct {
	outcome string
	output  map[string]any
}

// place is a node of the flow, or of a part that it calls.
type place struct{ flow, node string }

// step is one line of a case. Exactly one of at, advance, opens, ends, session and reads is set.
type step struct {
	node *yaml.Node // where it stands

	at    *yaml.Node
	act   bool // enter or press is there
	input run.Input
	times int
	// What the page must show. Nil: not checked.
	message, notice *yaml.Node
	shows           []pair

	advance time.Duration

	opens *yaml.Node // the node that made the link
	part  string     // behind that link

	ends   *yaml.Node
	with   []pair
	proved *yaml.Node
	passed *yaml.Node

	session *yaml.Node // none, or whose

	reads         *yaml.Node // email or page
	as, to        string     // the name for what was read; who got the e-mail. Empty: none; the last one
	subject, says *yaml.Node // what the e-mail must be about, and say. Nil: not checked
}

// pair is a key and its value.
type pair struct{ key, value *yaml.Node }
