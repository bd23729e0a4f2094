package useragent

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"vigil/iframe"
	"vigil/internal/session"
	"vigil/internal/store"
)

// The windows of reconciling.
const (
	// nearlyOver: less than this left, a session whose countdown is gone counts as over.
	nearlyOver = 2 * time.Second
	// resendOnce: a countdown that is missing again so soon after it was re-sent has run out.
	resendOnce = 60 * time.Second
	// sameAgain: a browser with two requests under way gets one new generation, not two.
	sameAgain = 30 * time.Second
)

// step is what reconciling decided.
type step int

const (
	nothing   step = iota
	confirm        // the browser holds a replaced generation: its countdown may run in full
	resend         // the countdown is missing: send it again
	over           // the countdown ran out or the browser was restarted: the session is over
	again          // the generation was replaced a moment ago: the same new one again
	replace        // the browser does not hold the session's state: a new generation
	signedOff      // no session, yet the browser holds one's state
	newcomer       // no session, no state
)

// decide is the one decision about a browser's cookies, from what the request brought.
func decide(b *Brought, s *session.Session, now time.Time) step {
	switch {
	case s == nil && len(b.OPUAS) == 0:
		return newcomer
	case s == nil && onlyNobody(b.OPUAS):
		return nothing
	case s == nil:
		return signedOff
	case !b.Has(s.Gen) && !s.Repaired.IsZero() && now.Sub(s.Repaired) < sameAgain:
		return again
	case !b.Has(s.Gen):
		return replace
	case s.BrowserBound && !b.marks[iframe.BrowserRunName(s.Gen)]:
		return over
	case b.Counting(s.Gen) && !s.Repaired.IsZero():
		return confirm
	case b.Counting(s.Gen):
		return nothing
	case s.Deadline().Sub(now) < nearlyOver || now.Sub(s.CountdownSent) < resendOnce:
		return over
	default:
		return resend
	}
}

func onlyNobody(values []iframe.OPUAS) bool {
	for _, o := range values {
		if o.Gen != "" {
			return false
		}
	}
	return true
}

// Reconcile makes cookies and session agree at an authorize, before anything is decided there. It may end the session.
func (a *Agents) Reconcile(ctx context.Context, agent *Agent, h http.Header) error {
	if agent.withheld() || agent.Conflict() {
		return nil
	}
	switch decide(&agent.Brought, agent.Session, agent.Now) {
	case newcomer:
		if !agent.Embedded {
			writer{header: h, base: agent.Base}.opuas(iframe.OPUAS{})
			agent.state = iframe.Nobody
		}
		return nil
	case signedOff:
		agent.SignOff(h)
		return nil
	case over:
		if _, err := a.Sessions.End(ctx, agent.Session.ID, a.Sessions.Ending(store.TimedOut, agent.Now)); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		agent.SignOff(h)
		return nil
	case confirm:
		return a.rewrite(ctx, agent, h, func(s *session.Session) { s.Repaired = time.Time{} })
	case resend:
		return a.rewrite(ctx, agent, h, func(s *session.Session) { s.CountdownSent = agent.Now })
	case again:
		a.give(agent, h)
		return nil
	case replace:
		return a.replaceGen(ctx, agent, h)
	default:
		return nil
	}
}

// rewrite alters the session and sends its countdown.
func (a *Agents) rewrite(ctx context.Context, agent *Agent, h http.Header, change func(*session.Session)) error {
	if err := a.change(ctx, agent, change); err != nil {
		return err
	}
	if agent.Session == nil {
		agent.SignOff(h)
		return nil
	}
	writer{header: h, base: agent.Base}.countdown(agent.Session, agent.Now)
	return nil
}

// replaceGen gives the browser a state that it never held: an older generation could bring `unchanged` back after a sign-off.
func (a *Agents) replaceGen(ctx context.Context, agent *Agent, h http.Header) error {
	var random [16]byte
	if _, err := io.ReadFull(a.Random, random[:]); err != nil {
		return fmt.Errorf("make generation: %w", err)
	}
	brought := agent.Brought
	err := a.change(ctx, agent, func(s *session.Session) {
		if d := decide(&brought, s, agent.Now); d == replace {
			s.Gen, s.Repaired = iframe.NewGen(random), agent.Now
		}
	})
	if err != nil {
		return err
	}
	if agent.Session == nil {
		agent.SignOff(h)
		return nil
	}
	a.give(agent, h)
	return nil
}

// give writes the state of the session and a short countdown.
func (a *Agents) give(agent *Agent, h http.Header) {
	w := writer{header: h, base: agent.Base}
	agent.forgetOthers(w, agent.Session.Gen)
	if agent.Session.BrowserBound {
		w.readable(iframe.BrowserRunName(agent.Session.Gen), iframe.CookieMark, untilExit)
	}
	w.opuas(stateOf(agent.Session))
	w.countdown(agent.Session, agent.Now)
	agent.state = stateOf(agent.Session).String()
}
