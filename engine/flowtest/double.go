package flowtest

import (
	"errors"
	"maps"
	"slices"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// Double plays a case in another world, such as a real browser before a real server. The stage tells it every step after it has done it itself, with
// what came of it, for the double to hold its own against. Any error fails the case, but for *UnableError.
type Double interface {
	// Start begins another run of the same browser.
	Start() error
	// Shows holds the present page against the stage's.
	Shows(page run.Page) error
	// Answer enters and presses what the file says: entries that begin with "= " are the double's own to compute.
	Answer(page run.Page, input run.Input) error
	// Read remembers a code or a link of an e-mail, or the first line that the page shows, under a name, if there is one.
	Read(reading Reading) error
	// Opens opens the latest link to a part in another browser. That one is looked at and answered from then on, up to the end of its run.
	Opens(part string) error
	// Ends holds the end of the run against the stage's.
	Ends(end Ending) error
	// HasSession holds the browser's session against the stage's. Nil: none.
	HasSession(session *Standing) error
	// Advance lets time pass.
	Advance(d time.Duration) error
	Close()
}

// UnableError is the answer of a double that cannot play a case, or a step of it. The stage plays it alone then.
type UnableError struct{ Why string }

// Error says why.
func (e *UnableError) Error() string { return e.Why }

// Scene is what a case begins with.
type Scene struct {
	Flow    *graph.Flow
	People  []Person
	Session *SceneSession // nil: none
	Request connector.Request
	// Inputs are what a part is given. Accounts in them are the stage's.
	Inputs   map[string]any
	Settings map[string]any
	Secrets  map[string]connector.SecretValue
	// Devices wait for somebody to sign on, in the order of their codes. The ID is the code.
	Devices []builtin.DeviceRequest
	// Answer gives what the case answers in the place of a capability. False: it answers nothing. Accounts in it are the stage's.
	Answer func(c connector.Capability, call connector.Call) (connector.Result, bool, error)
}

// Person is somebody there is. The account's ID is its name in the file.
type Person struct {
	Account            connector.AccountValue
	Password           string
	Locked, MustChange bool
	Passkey, TOTP      bool
	Recovery, External []string
}

// SceneSession is what the browser has at first.
type SceneSession struct {
	UserID      string
	Methods     []string
	Age         time.Duration // of the session, its proofs and its last activity
	IdleTimeout time.Duration // zero: 30 days
}

// Ending is how a run ended on the stage.
type Ending struct {
	// Effect is a run.Success or a run.Failure, or a run.Answered behind a link.
	Effect run.Effect
	// Away: it is the run of the other browser, behind a link. The one that waits is next.
	Away bool
	// Outcome is the part's, with what it gave and the methods that its run proved, sorted. Empty: the flow is no part.
	Outcome string
	Output  map[string]any
	Methods []string
	// Session is what the browser has then. Nil: none.
	Session *Standing
	// People are all that there are then, but for those who registered and proved nothing yet, by id. Ids of newcomers are the stage's.
	People []connector.AccountValue
}

// Reading is what somebody reads.
type Reading struct {
	Letter *builtin.Letter // as it came on the stage. Nil: they read the page
	To     string          // who got it, as the file says. Empty: whoever got the last one
	As     string          // the name for what was read. Empty: none
}

// Standing is a session that lives.
type Standing struct {
	Username                 string
	Methods                  []string // sorted
	IdleTimeout, MaxLifetime time.Duration
	Persistent               *bool // what the success that began it said: one that goes on stays as it began. Nil: nothing.
}

// scene tells what a case begins with.
func (s *Stage) scene(c *testCase) Scene {
	scene := Scene{
		Flow: s.flow, Request: c.request, Inputs: c.inputs, Settings: s.around.settings, Secrets: s.around.secrets,
	}
	for _, code := range slices.Sorted(maps.Keys(s.waits)) {
		scene.Devices = append(scene.Devices, s.waits[code])
	}
	for _, name := range slices.Sorted(maps.Keys(s.users)) {
		p := s.users[name]
		scene.People = append(scene.People, Person{
			Account: p.account, Password: p.password, Locked: p.locked, MustChange: p.mustChange,
			Passkey: p.passkey, TOTP: p.totp, Recovery: p.recovery, External: p.external,
		})
	}
	if c.session != nil {
		scene.Session = &SceneSession{UserID: c.session.user, Methods: c.session.methods, Age: c.session.age, IdleTimeout: c.session.idle}
	}
	given := map[place]int{}
	scene.Answer = func(capability connector.Capability, call connector.Call) (connector.Result, bool, error) {
		at := place{call.Flow, call.Node}
		told := c.answers[at]
		if len(told) == 0 {
			return connector.Result{}, false, nil
		}
		next := min(given[at], len(told)-1)
		given[at]++
		result, err := told[next].result(capability, call)
		return result, true, err
	}
	return scene
}

// standing is the session that lives now. Nil: none.
func (s *Stage) standing() *Standing {
	live := s.live()
	if live == nil {
		return nil
	}
	standing := &Standing{Username: live.User.Username, IdleTimeout: s.session.idle, MaxLifetime: s.session.most, Persistent: s.session.persistent}
	for _, p := range live.Proofs {
		standing.Methods = append(standing.Methods, p.Method)
	}
	slices.Sort(standing.Methods)
	return standing
}

// ending tells how the run that has just ended did so.
func (s *Stage) ending() Ending {
	e := Ending{Effect: s.effect, Away: s.Away()}
	for _, id := range slices.Sorted(maps.Keys(s.users)) {
		if p := s.users[id]; !p.newcomer {
			e.People = append(e.People, p.account)
		}
	}
	if s.ended == nil {
		return e
	}
	e.Outcome, e.Output = s.ended.name, s.ended.output
	for _, p := range s.ended.proofs {
		e.Methods = append(e.Methods, p.Method)
	}
	slices.Sort(e.Methods)
	return e
}

func (s *Stage) openDouble(c *testCase, open func(Scene) (Double, error)) error {
	double, err := open(s.scene(c))
	s.double = double
	return s.able(err)
}

// beside lets the double do what the stage has done.
func (s *Stage) beside(do func(Double) error) error {
	if s.double == nil {
		return nil
	}
	return s.able(do(s.double))
}

// able parts from a double that is unable. Any other error goes on.
func (s *Stage) able(err error) error {
	var unable *UnableError
	if !errors.As(err, &unable) {
		return err
	}
	s.leftOut = unable.Why
	s.closeDouble()
	return nil
}

func (s *Stage) closeDouble() {
	if s.double != nil {
		s.double.Close()
	}
	s.double = nil
}
