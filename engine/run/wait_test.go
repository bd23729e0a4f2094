package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// phone is another device: what it replied by now.
type phone struct {
	reply run.Reply
	fails error
	asked []connector.ChallengeValue
}

func (p *phone) Reply(_ context.Context, _ string, challenge connector.ChallengeValue, _ time.Time) (run.Reply, error) {
	p.asked = append(p.asked, challenge)
	return p.reply, p.fails
}

// waitingFlow asks ada's phone and waits for it.
func waitingFlow() *graph.Flow {
	done := &graph.Node{Name: "done", End: &graph.End{Outcome: "success", With: []graph.Argument{argument("user", connector.User, ref{"wait", "user"})}}}
	over := &graph.Node{Name: "over", End: &graph.End{Outcome: "error", With: []graph.Argument{argument("code", connector.String, literal{"access_denied"})}}}
	late := &graph.Node{Name: "late", End: &graph.End{Outcome: "error", With: []graph.Argument{argument("code", connector.String, literal{"timeout"})}}}
	asked := connector.ChallengeValue{ID: "c1", AccountID: "id-ada", ExpiresAt: epoch.Add(10 * time.Minute)}
	ask := &graph.Node{Name: "ask", Do: &graph.Do{Capability: &connector.Capability{
		Name: "push.send", Outcomes: []connector.Outcome{{Name: "sent", Outputs: []connector.Field{field("challenge", connector.Challenge)}}},
		Run: func(context.Context, connector.Call) (connector.Result, error) {
			return connector.Result{Outcome: "sent", Output: map[string]any{"challenge": asked}}, nil
		},
	}}}
	wait := &graph.Node{Name: "wait", Form: &graph.Form{
		Title: words("Look at your phone"), Buttons: []graph.Button{{Name: "cancel", Label: words("Cancel"), Link: true}},
		Wait: &graph.Wait{For: ref{"ask", "challenge"}, Every: 2 * time.Second},
	}}
	ask.Then = map[string]*graph.Edge{"sent": to(wait)}
	wait.Then = map[string]*graph.Edge{"approved": to(done), "denied": to(over), "expired": to(late), "cancel": to(over)}
	return &graph.Flow{Name: "waiting", Hash: "hash-w", Timeout: 15 * time.Minute, Start: ask, Nodes: []*graph.Node{ask, wait, done, over, late}}
}

func waits(t *testing.T, device *phone, env run.Environment) *player {
	t.Helper()
	p := begin(t, waitingFlow(), env)
	p.machine.Challenges = device
	return p
}

func (p *player) poll() run.Effect { return p.step(run.Input{Node: p.page().Node, Poll: true}) }

func provedBy(account string, at time.Time) []connector.Proof {
	return []connector.Proof{{AccountID: account, Method: "pwd", At: at}}
}

func TestAPageWaitsUntilTheOtherDeviceHasAnswered(t *testing.T) {
	device := &phone{reply: run.Reply{State: run.Pending}}
	p := waits(t, device, run.Environment{})
	if w := p.page().Wait; w == nil || w.ChallengeID != "c1" || w.Every != 2*time.Second || w.Looks != 301 {
		t.Fatalf("the page waits by %+v", w)
	}
	before, _ := json.Marshal(p.state)
	for range 200 {
		p.poll()
	}
	if after, _ := json.Marshal(p.state); string(after) != string(before) {
		t.Errorf("looking changed the run: %s, was %s", after, before)
	}
	p.now = epoch.Add(time.Minute)
	device.reply = run.Reply{State: run.Approved, Account: ada(), Proofs: provedBy("id-ada", p.now)}
	p.poll()
	if s := p.success(); s.User.ID != "id-ada" || s.FromSession || s.SessionID != "" || len(s.Methods) != 1 || s.Methods[0].Method != "pwd" {
		t.Errorf("signed on as %+v", s)
	}
}

func TestOnlyWhatWasProvedOfTheVeryAccountThatWasAskedCounts(t *testing.T) {
	off := ada()
	off.Enabled = false
	now := epoch.Add(time.Minute)
	for what, reply := range map[string]run.Reply{
		"somebody else":             {State: run.Approved, Account: bob(), Proofs: provedBy("id-bob", now)},
		"a proof of somebody else":  {State: run.Approved, Account: ada(), Proofs: provedBy("id-bob", now)},
		"nothing proved":            {State: run.Approved, Account: ada()},
		"a proof without a method":  {State: run.Approved, Account: ada(), Proofs: []connector.Proof{{AccountID: "id-ada", At: now}}},
		"a proof of later":          {State: run.Approved, Account: ada(), Proofs: provedBy("id-ada", now.Add(time.Second))},
		"an account that is closed": {State: run.Approved, Account: off, Proofs: provedBy("id-ada", now)},
		"a refusal":                 {State: run.Denied},
	} {
		t.Run(what, func(t *testing.T) {
			p := waits(t, &phone{reply: reply}, run.Environment{})
			p.now = now
			p.poll()
			if f := p.failure(); f.Code != "access_denied" {
				t.Errorf("it ended in %+v", f)
			}
		})
	}
}

func TestAFreshProofIsOneThatWasMadeWhileSomebodyWaited(t *testing.T) {
	old := run.Reply{State: run.Approved, Account: ada(), Proofs: provedBy("id-ada", epoch.Add(-time.Hour))}
	p := waits(t, &phone{reply: old}, run.Environment{})
	p.poll()
	if s := p.success(); !s.Methods[0].At.Equal(epoch.Add(-time.Hour)) {
		t.Errorf("the session of the other device was proved at %v", s.Methods[0].At)
	}
	p = waits(t, &phone{reply: old}, run.Environment{Request: connector.Request{Reauthenticate: true}})
	p.poll()
	if f := p.failure(); f.Code != "access_denied" {
		t.Errorf("prompt=login is met by what was proved an hour ago: %+v", f)
	}
	p = waits(t, &phone{reply: old}, run.Environment{Request: connector.Request{MaxAge: time.Minute}})
	p.poll()
	if f := p.failure(); f.Code != "login_required" {
		t.Errorf("max_age is met by what was proved an hour ago: %+v", f)
	}
}

func TestADeviceThatCannotBeAskedJustNowIsAskedAgain(t *testing.T) {
	device := &phone{fails: errors.New("the store is closed")}
	p := waits(t, device, run.Environment{})
	p.poll()
	device.fails, device.reply = nil, run.Reply{State: run.Expired}
	p.poll()
	if f := p.failure(); f.Code != "timeout" {
		t.Errorf("it ended in %+v", f)
	}
}

func TestAPollOfAPageThatDoesNotWaitIsNoAnswer(t *testing.T) {
	p := begin(t, signOn(password(checkPassword)), run.Environment{})
	p.step(run.Input{Node: "credentials", Button: "continue", Values: map[string]string{"username": "ada", "password": "right"}, Poll: true})
	if p.page().Node != "credentials" {
		t.Error("a poll answered a form")
	}
}

// behindLink is a part that asks for the password of whoever its link is for.
func behindLink() *graph.Flow {
	yes := &graph.Node{Name: "yes", End: &graph.End{Outcome: "approved"}}
	no := &graph.Node{Name: "no", End: &graph.End{Outcome: "denied"}}
	fault := &graph.Node{Name: "fault", End: &graph.End{Outcome: "error"}}
	ask := &graph.Node{Name: "ask", Form: &graph.Form{
		Title:  &graph.Text{Parts: []graph.TextPart{{Literal: "Sign on from "}, {Value: ref{"inputs", "place"}}}},
		Fields: []graph.FormField{{Name: "name", Type: graph.TextField, Label: words("Name")}, {Name: "password", Type: graph.PasswordField, Label: words("Password")}},
		Buttons: []graph.Button{
			{Name: "check", Label: words("Check")},
			{Name: "trust", Label: words("Trust me"), Link: true},
			{Name: "refuse", Label: words("No"), Link: true},
			{Name: "break", Label: words("Break"), Link: true},
		},
	}}
	check := &graph.Node{Name: "check", Do: &graph.Do{Capability: password(checkPassword), With: []graph.Argument{
		argument("username", connector.String, ref{"ask", "name"}), argument("password", connector.Secret, ref{"ask", "password"}),
	}}}
	ask.Then = map[string]*graph.Edge{"check": to(check), "trust": to(yes), "refuse": to(no), "break": to(fault)}
	check.Then = map[string]*graph.Edge{"success": to(yes), "failure": to(no)}
	return &graph.Flow{
		Name: "behind", Hash: "hash-b", Part: true, Timeout: 15 * time.Minute,
		Inputs:   []connector.Field{field("account", connector.Account), field("place", connector.String)},
		Outcomes: []connector.Outcome{{Name: "approved"}, {Name: "denied"}},
		Start:    ask, Nodes: []*graph.Node{ask, check, yes, no, fault},
	}
}

// opens begins the run behind a link for somebody.
func opens(t *testing.T, o run.Opening) *player {
	t.Helper()
	p := &player{t: t, machine: &run.Machine{Timeout: 50 * time.Millisecond}, flow: behindLink(), now: epoch}
	var err error
	if p.state, p.effect, err = p.machine.Open(context.Background(), p.flow, o, p.env, p.now); err != nil {
		t.Fatal(err)
	}
	p.store()
	return p
}

func TestARunBehindALinkAnswersForTheAccountOfTheLinkAlone(t *testing.T) {
	here := []byte(`{"place":"NL"}`)
	p := opens(t, run.Opening{Account: ada(), Inputs: here})
	if p.page().Title != "Sign on from NL" {
		t.Errorf("the page says %q", p.page().Title)
	}
	if got, ok := p.enter("check", "name", "ada", "password", "right").(run.Answered); !ok || !got.Approved || len(got.Proofs) != 1 || got.Proofs[0].AccountID != "id-ada" {
		t.Errorf("ada's password comes to %+v", p.effect)
	}
	p = opens(t, run.Opening{Account: bob(), Inputs: here})
	p.enter("check", "name", "ada", "password", "right")
	if f := p.failure(); f.Code != connector.ServerError {
		t.Errorf("ada answers for bob: %+v", f)
	}
	p = opens(t, run.Opening{Account: ada(), Inputs: here})
	p.enter("trust")
	if f := p.failure(); f.Code != connector.ServerError {
		t.Errorf("somebody who proved nothing answers: %+v", f)
	}
	p = opens(t, run.Opening{Account: ada(), Inputs: here, Proves: "email"})
	if got, ok := p.enter("trust").(run.Answered); !ok || !got.Approved || got.Proofs[0].Method != "email" {
		t.Errorf("a link that only its account has comes to %+v", p.effect)
	}
	p = opens(t, run.Opening{Account: ada(), Inputs: here, Proves: "email"})
	if got, ok := p.enter("refuse").(run.Answered); !ok || got.Approved || got.Proofs != nil {
		t.Errorf("a refusal comes to %+v", p.effect)
	}
	p = opens(t, run.Opening{Account: ada(), Inputs: here, Proves: "email"})
	p.enter("break")
	p.failure()
}

func TestWhatALinkBringsIsHeldAgainstThePart(t *testing.T) {
	machine := &run.Machine{}
	for what, inputs := range map[string]string{"an input is missing": `{}`, "an input is of another type": `{"place":3}`, "no inputs at all": `nonsense`} {
		if _, _, err := machine.Open(context.Background(), behindLink(), run.Opening{Account: ada(), Inputs: []byte(inputs)}, run.Environment{}, epoch); err == nil {
			t.Errorf("%s, and it opens", what)
		}
	}
	if _, _, err := machine.Open(context.Background(), waitingFlow(), run.Opening{Account: ada()}, run.Environment{}, epoch); err == nil {
		t.Error("a sign-on flow was opened by a link")
	}
}

func TestNoFaultBehindALinkApproves(t *testing.T) {
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			p := opens(t, run.Opening{Account: ada(), Inputs: []byte(`{"place":"NL"}`)})
			p.flow.Node("check").Do.Capability = password(f.run)
			p.enter("check", "name", "ada", "password", "right")
			if got := p.failure(); got.Code != connector.ServerError || got.Node != "check" {
				t.Errorf("failure is %+v", got)
			}
		})
	}
}
