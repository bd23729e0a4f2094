package flowtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"vigil/engine/connector"
	"vigil/engine/connector/builtin"
	"vigil/engine/graph"
	"vigil/engine/run"
)

// browsing is what one browser is at: the flow that it runs, and where.
type browsing struct {
	flow    *graph.Flow // what is played
	run     *graph.Flow // what the machine runs: the flow, or the caller of a part
	state   run.State
	effect  run.Effect // nil: no run was begun
	path    []string   // nodes of the flow entered in this run
	causes  error      // why the last node failed
	ended   *outcome   // of a part
	session *session   // what the browser has
	// challenge is what the run answers. Empty: it signs somebody on.
	challenge string
}

// made are the links of a case, by the id of their challenge. They are replaced whole.
type made map[string]madeLink

type madeLink struct {
	builtin.NewLink
	number int // from 1
	opened bool
	reply  run.Reply // Pending: nobody answered
}

func (m made) with(id string, link madeLink) made {
	next := maps.Clone(m)
	if next == nil {
		next = made{}
	}
	next[id] = link
	return next
}

// links are the links of a stage: it implements builtin.Links and run.Challenges.
type links struct{ *Stage }

// Create implements builtin.Links.
func (s links) Create(_ context.Context, link builtin.NewLink) (builtin.Link, error) {
	id := fmt.Sprintf("challenge-%d", len(s.made)+1)
	s.made = s.made.with(id, madeLink{NewLink: link, number: len(s.made) + 1, reply: run.Reply{State: run.Pending}})
	return builtin.Link{
		Challenge: connector.ChallengeValue{ID: id, AccountID: link.AccountID, ExpiresAt: link.ExpiresAt},
		URL:       fmt.Sprintf("https://test.example/link?id=%d", len(s.made)),
	}, nil
}

// Reply implements run.Challenges.
func (s links) Reply(_ context.Context, _ string, challenge connector.ChallengeValue, now time.Time) (run.Reply, error) {
	reply := s.replyTo(challenge.ID, now)
	if reply.State != run.Pending && s.listener.Polled != nil {
		s.listener.Polled(reply)
	}
	return reply, nil
}

func (s links) replyTo(id string, now time.Time) run.Reply {
	link, known := s.made[id]
	if !known || link.reply.State == run.Pending && !now.Before(link.ExpiresAt) {
		return run.Reply{State: run.Expired}
	}
	if link.reply.State == run.Approved {
		p := s.users[link.AccountID]
		if p == nil {
			return run.Reply{State: run.Denied}
		}
		link.reply.Account = p.account
	}
	return link.reply
}

// Link names the part behind the latest link that nobody has opened. Empty: there is none.
func (s *Stage) Link() string {
	part, latest := "", 0
	for _, link := range s.made {
		if !link.opened && link.number > latest {
			part, latest = link.Opens.Part, link.number
		}
	}
	return part
}

// Open opens the latest link to a part in another browser. From then on that browser is answered, until its run has ended and Return is called.
func (s *Stage) Open(part string) error {
	id, latest := "", 0
	for name, link := range s.made {
		if link.Opens.Part == part && link.number > latest {
			id, latest = name, link.number
		}
	}
	link := s.made[id]
	flow := s.partNamed(part)
	person := s.users[link.AccountID]
	switch {
	case s.challenge != "":
		return errors.New("the other browser is at a link already")
	case id == "" || flow == nil:
		return fmt.Errorf("no link to the part %q was made, %s", part, s.where())
	case link.opened:
		return errors.New("the link was opened already")
	case !s.now.Before(link.ExpiresAt):
		return errors.New("the link has expired")
	case person == nil || !person.account.Enabled:
		return errors.New("the link is for nobody")
	}
	link.opened = true
	s.past = append(s.past, s.copied())
	s.made = s.made.with(id, link)
	waiting := s.browsing
	s.waiting, s.browsing = &waiting, browsing{flow: flow, run: flow, challenge: id}
	opening := run.Opening{Account: person.account, Inputs: link.Opens.Inputs, Proves: link.Opens.Proves}
	state, effect, err := s.machine.Open(context.Background(), flow, opening, s.Environment(), s.now)
	return s.arrive(state, effect, err)
}

// Away reports whether another browser, which opened a link, is answered now.
func (s *Stage) Away() bool { return s.challenge != "" }

// Return goes back to the browser that waits, which looks at once whether it was answered.
func (s *Stage) Return() error {
	if s.waiting == nil {
		return nil
	}
	s.browsing, s.waiting = *s.waiting, nil
	return s.Poll()
}

// Poll lets a page that waits look for an answer, as it does every few seconds. On any other page nothing happens.
func (s *Stage) Poll() error {
	page, ok := s.effect.(run.Page)
	if !ok || page.Wait == nil {
		return nil
	}
	input := run.Input{Node: s.pathOf(page.Node), Poll: true}
	state, effect, err := s.machine.Step(context.Background(), s.run, s.state, input, s.Environment(), s.now)
	return s.arrive(state, effect, err)
}

// answered notes how a run behind a link ended.
func (s *Stage) answered(effect run.Effect) {
	link := s.made[s.challenge]
	over := outcome{name: string(run.Denied)}
	link.reply.State = run.Denied
	switch e := effect.(type) {
	case run.Answered:
		if e.Approved {
			over.name, over.proofs = string(run.Approved), e.Proofs
			link.reply = run.Reply{State: run.Approved, Proofs: e.Proofs}
		}
	case run.Failure:
		over = outcome{name: failed, output: map[string]any{failed: map[string]any{"code": e.Code, "description": e.Description}}}
	}
	s.ended = &over
	s.made = s.made.with(s.challenge, link)
}

// failed is the outcome of a part that the engine gives.
const failed = "error"

// partNamed finds a part that the flow, or a part of it, calls or opens. Nil: none.
func (s *Stage) partNamed(name string) *graph.Flow {
	all := withParts(s.flow, nil)
	if at := slices.IndexFunc(all, func(f *graph.Flow) bool { return f.Name == name && f.Part }); at >= 0 {
		return all[at]
	}
	return nil
}

// opens reads an `opens` step: it names the node that made the link. The steps that follow are the other browser's, up to its `ends`.
func (r *reader) opens(n *yaml.Node) string {
	node, _ := r.resolve(n, r.text(n, "opens"))
	switch {
	case node == nil:
		return ""
	case r.home != nil:
		r.mistake(n, "shape", "end what that browser does first: {ends: approved}", "the other browser is at a link already")
		return ""
	case node.Do == nil || node.Do.Opens == nil:
		r.mistake(n, "unknown-node", "name the node that made the link", "%q makes no link", n.Value)
		return ""
	}
	r.home, r.flow = r.flow, node.Do.Opens.Part
	return r.flow.Name
}

// returns goes back to the flow of the tests.
func (r *reader) returns() {
	if r.home != nil {
		r.flow, r.home = r.home, nil
	}
}
