package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vigil/engine/connector"
	"vigil/engine/graph"
)

// Challenges tells what other devices answered.
type Challenges interface {
	// Reply is what a challenge came to by now. It does not change anything.
	Reply(ctx context.Context, environmentID string, challenge connector.ChallengeValue, now time.Time) (Reply, error)
}

// Reply is what a challenge came to.
type Reply struct {
	State ReplyState
	// Account is whom the challenge is about, as the directory has it now, and Proofs are what the other device proved of it. Of Approved alone.
	Account connector.AccountValue
	Proofs  []connector.Proof
}

// ReplyState tells replies apart. All but Pending are spelled as the outcomes of a form that waits.
type ReplyState string

// The states of a challenge.
const (
	Pending  ReplyState = "pending"
	Approved ReplyState = "approved"
	Denied   ReplyState = "denied"
	Expired  ReplyState = "expired"
)

// PageWait tells that a page waits for another device.
type PageWait struct {
	ChallengeID string
	Every       time.Duration // how often to look
	Looks       int           // how often it is worth looking until the challenge expires, at least once
}

// poll looks whether the other device has answered, and leaves the form if it has.
func (x *execution) poll(input Input) {
	n := x.node()
	if n.Form.Wait == nil || input.Node != x.path() {
		x.again(n)
		return
	}
	challenge, err := x.waitsFor(n.Form.Wait)
	if err != nil {
		x.leaveFailed(n, connector.BadValue, err)
		return
	}
	reply, err := x.reply(challenge)
	if err != nil {
		x.again(n) // who does not answer now may at the next look
		return
	}
	switch reply.State {
	case Approved:
		x.approved(n, challenge, reply)
	case Denied, Expired:
		x.leave(n, string(reply.State))
	default:
		x.again(n)
	}
}

// waiting tells a page how to wait.
func (x *execution) waiting(wait *graph.Wait, challenge connector.ChallengeValue) *PageWait {
	looks := int(challenge.ExpiresAt.Sub(x.now)/wait.Every) + 1
	return &PageWait{ChallengeID: challenge.ID, Every: wait.Every, Looks: max(looks, 1)}
}

// waitsFor computes the challenge of a form.
func (x *execution) waitsFor(wait *graph.Wait) (connector.ChallengeValue, error) {
	value, err := x.eval(wait.For)
	if err != nil {
		return connector.ChallengeValue{}, err
	}
	challenge, ok := value.(connector.ChallengeValue)
	if !ok {
		return challenge, fmt.Errorf("wanted a challenge, got %T", value)
	}
	return challenge, nil
}

func (x *execution) reply(challenge connector.ChallengeValue) (Reply, error) {
	if x.machine.Challenges == nil {
		return Reply{}, errors.New("this host keeps no challenges")
	}
	return x.machine.Challenges.Reply(x.ctx, x.env.EnvironmentID, challenge, x.now)
}

// approved takes over what the other device proved of the very account that was asked. An approval that proves nothing, or nothing fresh where
// the application wants a fresh proof, is a refusal.
func (x *execution) approved(n *graph.Node, challenge connector.ChallengeValue, reply Reply) {
	var proofs []Proved
	for _, p := range reply.Proofs {
		// OIDC Core 3.1.2.1: prompt=login asks for an active re-authentication.
		stale := x.env.Request.Reauthenticate && p.At.Before(x.state.StartedAt)
		if p.AccountID == "" || p.AccountID != challenge.AccountID || p.Method == "" || p.At.After(x.now) || stale {
			continue
		}
		p.At = p.At.UTC().Round(0)
		proofs = append(proofs, Proved{Proof: p})
	}
	account, err := sound(connector.UserValue{AccountValue: reply.Account})
	switch {
	case err != nil:
		x.leaveFailed(n, connector.BadResult, err)
		return
	case len(proofs) == 0 || reply.Account.ID != challenge.AccountID || !reply.Account.Enabled:
		x.leave(n, string(Denied))
		return
	}
	x.remember(proofs)
	x.frame().give(n.Name, map[string]any{"user": account})
	x.leave(n, string(Approved))
}
