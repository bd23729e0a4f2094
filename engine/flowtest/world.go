package flowtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/graph"
)

// world is who and what the capabilities of one case work on: it is their directory and their trail.
type world struct {
	stage   *Stage
	answers map[place][]answer
}

// session is what the browser has.
type session struct {
	connector.SessionValue
	idle, most time.Duration // most zero: no end
	active     time.Time
	persistent *bool // what the success that began it said
}

// live gives the session, if it has not ended by nos.
func (s *Stage) live() *connector.SessionValue {
	x := s.session
	if x == nil || s.now.Sub(x.active) > x.idle || (x.most > 0 && s.now.Sub(x.CreatedAt) > x.most) {
		return nil
	}
	return &x.SessionValue
}

// touch is what a person's answer does to a live session.
func (s *Stage) touch() {
	if s.live() != nil {
		s.session.active = s.now
	}
}

// begin gives the browser the session of a case.
func (s *Stage) begin(seed *seed) {
	if seed == nil {
		return
	}
	at := s.now.Add(-seed.age)
	s.session = &session{active: at, idle: seed.idle, SessionValue: connector.SessionValue{
		ID: "session-0", User: connector.UserValue{AccountValue: s.users[seed.user].account}, CreatedAt: at,
	}}
	if s.session.idle == 0 {
		s.session.idle = graph.StandardIdleTimeout
	}
	for _, method := range seed.methods {
		s.session.Proofs = append(s.session.Proofs, connector.Proof{AccountID: seed.user, Method: method, At: at})
	}
}

// capabilities gives those that ship, working on this world, and those of the flow which do not ship, answering as the case says.
func (w *world) capabilities() *connector.Registry {
	all := builtin.All(builtin.Ports{Links: links{w.stage}, Users: residents{w.stage}, Agreements: agreements{w.stage}, Habits: habits{w.stage}, Directory: w, Audit: w, Keep: keep{w.stage}, Authenticators: authenticators{w.stage}, Mail: post{w.stage}, Guesses: guessing{w.stage}, HTTP: noNetwork{}, Random: dice{w.stage}, Secret: stageSecret, Passkeys: passkeys{w.stage}, Externals: externals{w.stage}, Devices: showing{w.stage}})
	shipped := connector.NewRegistry(all...)
	for _, o := range w.stage.outcomes {
		all = append(all, *o)
	}
	for _, flow := range withParts(w.stage.flow, nil) {
		for _, n := range flow.Nodes {
			if n.Do != nil && shipped.Lookup(n.Do.Capability.Name) == nil {
				all = append(all, *n.Do.Capability)
			}
		}
	}
	for i := range all {
		c := all[i]
		ships := shipped.Lookup(c.Name) != nil
		all[i].Run = func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if strings.HasPrefix(c.Name, noting) {
				return c.Run(ctx, call)
			}
			result, err := w.ask(ctx, call, &c, ships)
			if w.stage.listener.Asked != nil {
				w.stage.listener.Asked(call, result, err)
			}
			return result, err
		}
	}
	return connector.NewRegistry(all...)
}

// ask answers as the case says, else as the capability does that ships.
func (w *world) ask(ctx context.Context, call connector.Call, c *connector.Capability, ships bool) (connector.Result, error) {
	at := place{call.Flow, call.Node}
	if told := w.answers[at]; len(told) > 0 {
		next := min(w.stage.given[at], len(told)-1)
		w.stage.given[at]++
		return told[next].result(*c, call)
	}
	if !ships {
		return connector.Result{}, fmt.Errorf("%s works on no test users: give node %q an answer", c.Name, call.Node)
	}
	return c.Run(ctx, call)
}

// withParts lists a flow and every part it calls, once each.
func withParts(flow *graph.Flow, seen []*graph.Flow) []*graph.Flow {
	for _, f := range seen {
		if f == flow {
			return seen
		}
	}
	seen = append(seen, flow)
	for _, part := range flow.Parts() {
		seen = withParts(part, seen)
	}
	return seen
}

// Find implements builtin.Directory.
func (w *world) Find(_ context.Context, _, name string) (*connector.AccountValue, error) {
	if p := w.person(name); p != nil {
		account := p.found()
		return &account, nil
	}
	return nil, nil
}

// CheckPassword implements builtin.Directory.
func (w *world) CheckPassword(_ context.Context, check builtin.PasswordCheck) (builtin.PasswordResult, error) {
	p := w.person(check.Username)
	switch {
	case p == nil || !p.account.Enabled:
		return builtin.PasswordResult{Answer: builtin.PasswordWrong}, nil
	case p.locked:
		return builtin.PasswordResult{Answer: builtin.PasswordLocked}, nil
	case p.password == "" || p.password != check.Password:
		return builtin.PasswordResult{Answer: builtin.PasswordWrong}, nil
	}
	account := p.account
	if p.mustChange {
		return builtin.PasswordResult{Answer: builtin.PasswordMustChange, Account: &account}, nil
	}
	return builtin.PasswordResult{Answer: builtin.PasswordRight, Account: &account}, nil
}

// Record implements builtin.Audit.
func (w *world) Record(context.Context, builtin.AuditEvent) error { return nil }

func (w *world) person(name string) *person {
	for _, p := range w.stage.users {
		if p.newcomer {
			continue
		}
		if strings.EqualFold(p.account.Username, name) || (p.account.Email != "" && !p.claimed && strings.EqualFold(p.account.Email, name)) {
			return p
		}
	}
	return nil
}
