package run_test

import (
	"context"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// singleSignOn asks session.check first and the password where that is not enough.
func singleSignOn(t *testing.T, with ...graph.Argument) *graph.Flow {
	t.Helper()
	flow := signOn(password(checkPassword))
	check := connector.NewRegistry(builtin.All(builtin.Ports{})...).Lookup("session.check")
	session := &graph.Node{Name: "session", Do: &graph.Do{Capability: check, With: with}}
	session.Then = map[string]*graph.Edge{
		"active": to(flow.Node("done"), graph.Assignment{Variable: "user", Value: ref{"session", "user"}}),
		"none":   to(flow.Node("credentials")),
	}
	flow.Start, flow.Nodes = session, append(flow.Nodes, session)
	return flow
}

func adasSession(proofs ...connector.Proof) *connector.SessionValue {
	return &connector.SessionValue{ID: "s1", User: connector.UserValue{AccountValue: ada()}, Proofs: proofs, CreatedAt: epoch.Add(-2 * time.Hour)}
}

func adaProved(method string, ago time.Duration) connector.Proof {
	return connector.Proof{AccountID: "id-ada", Method: method, At: epoch.Add(-ago)}
}

func TestASessionSignsOnWithoutAQuestionAndIsJoined(t *testing.T) {
	p := begin(t, singleSignOn(t), run.Environment{Session: adasSession(adaProved("pwd", 2*time.Hour))})
	s := p.success()
	if !s.FromSession || s.SessionID != "s1" || len(s.Methods) != 1 || !s.Methods[0].At.Equal(epoch.Add(-2*time.Hour)) {
		t.Errorf("success is %#v", s)
	}
}

func TestWhatMakesASessionGoodEnough(t *testing.T) {
	pwd := argument("method", connector.String, literal{"pwd"})
	otp := argument("method", connector.String, literal{"otp"})
	hour := argument("within", connector.Duration, literal{time.Hour})
	bobOnly := argument("user", connector.User, literal{connector.UserValue{AccountValue: bob()}})
	twoHoursOld := adasSession(adaProved("pwd", 2*time.Hour))
	cases := []struct {
		name    string
		with    []graph.Argument
		session *connector.SessionValue
		request connector.Request
		active  bool
	}{
		{"no session", nil, nil, connector.Request{}, false},
		{"a session without a proof", nil, adasSession(), connector.Request{}, false},
		{"a proof of somebody else in it", nil, adasSession(connector.Proof{AccountID: "id-bob", Method: "pwd", At: epoch}), connector.Request{}, false},
		{"the method asked for", []graph.Argument{pwd}, twoHoursOld, connector.Request{}, true},
		{"another method", []graph.Argument{otp}, twoHoursOld, connector.Request{}, false},
		{"a proof that is too old", []graph.Argument{hour}, twoHoursOld, connector.Request{}, false},
		{"somebody else's session", []graph.Argument{bobOnly}, twoHoursOld, connector.Request{}, false},
		{"a proof within max_age", nil, twoHoursOld, connector.Request{MaxAge: 3 * time.Hour}, true},
		{"a proof older than max_age", nil, twoHoursOld, connector.Request{MaxAge: time.Hour}, false},
		{"prompt=login", nil, adasSession(adaProved("pwd", time.Second)), connector.Request{Reauthenticate: true}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := begin(t, singleSignOn(t, c.with...), run.Environment{Session: c.session, Request: c.request})
			if _, active := p.effect.(run.Success); active != c.active {
				t.Errorf("effect is %#v", p.effect)
			}
		})
	}
}

func TestAFreshPasswordOverALiveSessionIsTheRunsOwn(t *testing.T) {
	p := begin(t, singleSignOn(t), run.Environment{Session: adasSession(adaProved("pwd", time.Hour)), Request: connector.Request{Reauthenticate: true}})
	p.enter("continue", "username", "ada", "password", "right")
	s := p.success()
	if s.FromSession || s.SessionID != "" || len(s.Methods) != 1 || !s.Methods[0].At.Equal(epoch) {
		t.Errorf("success is %#v", s)
	}
}

func TestAProofOfThisRunMakesTheSessionActiveEvenWhereAFreshOneWasAskedFor(t *testing.T) {
	flow := singleSignOn(t)
	flow.Node("verify").Then["success"] = to(flow.Node("session"))
	p := begin(t, flow, run.Environment{Session: adasSession(adaProved("pwd", time.Hour)), Request: connector.Request{Reauthenticate: true}})
	p.enter("continue", "username", "ada", "password", "right")
	if s := p.success(); s.FromSession || s.SessionID != "" {
		t.Errorf("success is %#v", s)
	}
}

// paused puts a page between session.check and the end.
func paused(t *testing.T) *graph.Flow {
	flow := singleSignOn(t)
	pause := &graph.Node{Name: "pause", Form: &graph.Form{Title: words("Go on?"), Buttons: []graph.Button{{Name: "on"}}}}
	pause.Then = map[string]*graph.Edge{"on": to(flow.Node("done"))}
	flow.Node("session").Then["active"].To = pause
	flow.Nodes = append(flow.Nodes, pause)
	return flow
}

func TestARunInProgressNeverRevivesASessionThatWasSignedOff(t *testing.T) {
	for name, now := range map[string]*connector.SessionValue{"gone": nil, "another": {ID: "s2", User: connector.UserValue{AccountValue: ada()}}} {
		t.Run(name, func(t *testing.T) {
			p := begin(t, paused(t), run.Environment{Session: adasSession(adaProved("pwd", time.Hour))})
			p.env.Session = now
			p.enter("on")
			if f := p.failure(); f.Code != "login_required" {
				t.Errorf("failure is %#v", f)
			}
		})
	}
}

func TestAFlowThatForgetsToAskAgainCannotPassPromptLoginOrMaxAge(t *testing.T) {
	p := begin(t, paused(t), run.Environment{Session: adasSession(adaProved("pwd", 59*time.Minute)), Request: connector.Request{MaxAge: time.Hour}})
	p.now = epoch.Add(2 * time.Minute)
	p.enter("on")
	if f := p.failure(); f.Code != "login_required" {
		t.Errorf("max_age: failure is %#v", f)
	}
	p = begin(t, paused(t), run.Environment{Session: adasSession(adaProved("pwd", time.Minute))})
	p.env.Request.Reauthenticate = true
	p.enter("on")
	if f := p.failure(); f.Code != "login_required" {
		t.Errorf("prompt=login: failure is %#v", f)
	}
}

func TestOnlyTheLiveSessionLendsProofsToWhatIsNoAuthenticator(t *testing.T) {
	flow := singleSignOn(t)
	honest := flow.Node("session").Do.Capability.Run
	forge := func(change func(*connector.Result)) run.Effect {
		forged := *flow.Node("session").Do.Capability
		forged.Run = func(ctx context.Context, call connector.Call) (connector.Result, error) {
			result, err := honest(ctx, call)
			change(&result)
			return result, err
		}
		flow.Node("session").Do.Capability = &forged
		return begin(t, flow, run.Environment{Session: adasSession(adaProved("pwd", time.Hour))}).effect
	}
	for name, change := range map[string]func(*connector.Result){
		"no proof at all":       func(r *connector.Result) { r.Proofs = nil },
		"a method not in it":    func(r *connector.Result) { r.Proofs[0].Method = "otp" },
		"a proof made newer":    func(r *connector.Result) { r.Proofs[0].At = epoch },
		"somebody else as user": func(r *connector.Result) { r.Output["user"] = connector.UserValue{AccountValue: bob()} },
		"somebody else's proof": func(r *connector.Result) { r.Proofs[0].AccountID = "id-bob" },
		"a session of a stranger": func(r *connector.Result) {
			r.Output["session"] = connector.SessionValue{ID: "s9", User: connector.UserValue{AccountValue: bob()}}
		},
	} {
		if f, failed := forge(change).(run.Failure); !failed || f.Code != connector.ServerError {
			t.Errorf("%s: it went on", name)
		}
	}
}

func TestRequiresIsCheckedOnceMoreForThisVeryPerson(t *testing.T) {
	texts := connector.Type{Kind: connector.List, Elem: &connector.Type{Kind: connector.String}}
	for requires, ok := range map[string]bool{"pwd": true, "know": true, "otp": false, "have": false} {
		flow := signOn(password(checkPassword))
		done := flow.Node("done").End
		done.With = append(done.With, graph.Argument{Name: "requires", Type: texts, Value: literal{[]any{requires}}})
		p := begin(t, flow, run.Environment{})
		p.enter("continue", "username", "ada", "password", "right")
		if _, success := p.effect.(run.Success); success != ok {
			t.Errorf("requires %s: effect is %#v", requires, p.effect)
		}
	}
}
