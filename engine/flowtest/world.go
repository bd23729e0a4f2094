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

// world is what surrounds the runs of one case: people, a clock, one browser's session. It is the directory and the trail of the capabilities.
type world struct {
	flow    *graph.Flow
	users   map[string]*person
	answers map[string]answer
	now     time.Time
	session *session
}

// session is what the browser has.
type session struct {
	connector.SessionValue
	idle, most time.Duration // most zero: no end
	active     time.Time
}

// live gives the session, if it has not ended by now.
func (w *world) live() *connector.SessionValue {
	s := w.session
	if s == nil || w.now.Sub(s.active) > s.idle || (s.most > 0 && w.now.Sub(s.CreatedAt) > s.most) {
		return nil
	}
	return &s.SessionValue
}

// touch is what a person's answer does to a live session.
func (w *world) touch() {
	if w.live() != nil {
		w.session.active = w.now
	}
}

// begin gives the browser the session of a case.
func (w *world) begin(s *seed) {
	if s == nil {
		return
	}
	at := w.now.Add(-s.age)
	w.session = &session{active: at, idle: s.idle, SessionValue: connector.SessionValue{
		ID: "session-0", User: connector.UserValue{AccountValue: w.users[s.user].account}, CreatedAt: at,
	}}
	if w.session.idle == 0 {
		w.session.idle = 30 * 24 * time.Hour
	}
	for _, method := range s.methods {
		w.session.Proofs = append(w.session.Proofs, connector.Proof{AccountID: s.user, Method: method, At: at})
	}
}

// capabilities gives those that ship, working on this world, and those of the flow which do not ship, answering as the case says.
func (w *world) capabilities() *connector.Registry {
	all := builtin.All(builtin.Ports{Directory: w, Audit: w})
	shipped := connector.NewRegistry(all...)
	for _, flow := range withParts(w.flow, nil) {
		for _, n := range flow.Nodes {
			if n.Do != nil && shipped.Lookup(n.Do.Capability.Name) == nil {
				all = append(all, *n.Do.Capability)
			}
		}
	}
	for i := range all {
		c, honest := all[i], all[i].Run
		ships := shipped.Lookup(c.Name) != nil
		all[i].Run = func(ctx context.Context, call connector.Call) (connector.Result, error) {
			if a, told := w.answers[call.Node]; told && call.Flow == w.flow.Name {
				return a.result(c, call)
			}
			if !ships {
				return connector.Result{}, fmt.Errorf("%s works on no test users: give node %q an answer", c.Name, call.Node)
			}
			return honest(ctx, call)
		}
	}
	return connector.NewRegistry(all...)
}

// withParts lists a flow and every part it calls, once each.
func withParts(flow *graph.Flow, seen []*graph.Flow) []*graph.Flow {
	for _, f := range seen {
		if f == flow {
			return seen
		}
	}
	seen = append(seen, flow)
	for _, n := range flow.Nodes {
		if n.Call != nil {
			seen = withParts(n.Call.Part, seen)
		}
	}
	return seen
}

// Find implements builtin.Directory.
func (w *world) Find(_ context.Context, _, name string) (*connector.AccountValue, error) {
	if p := w.person(name); p != nil {
		account := p.account
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
	for _, p := range w.users {
		if strings.EqualFold(p.account.Username, name) || (p.account.Email != "" && strings.EqualFold(p.account.Email, name)) {
			return p
		}
	}
	return nil
}
