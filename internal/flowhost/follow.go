package flowhost

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"vigil/engine/connector"
	"vigil/engine/run"
	"vigil/iframe"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/templates"
)

// FollowPath is where a page of a sign-on asks whether a sign-on in another tab does for it too. Package authorize answers.
const FollowPath = "/as/follow"

// followed is how the page of a run watches for a sign-on in another tab. Nil: its run does not go back to an authorization request.
func followed(base tenant.Base, kept *store.Run) *templates.Follow {
	if kept.Return != "" || kept.Alone || kept.Challenge != nil {
		return nil
	}
	return &templates.Follow{Ask: base.Prefix + FollowPath, Cookie: base.CookiePrefix() + iframe.CookieOPUAS}
}

// Follows reports whether the browser's session has news for a run that waits: it began after the run, or its person proved something since.
func Follows(kept *store.Run, agent *useragent.Agent) bool {
	s := agent.Session
	if s == nil || kept.Outcome != nil || followed(agent.Base, kept) == nil {
		return false
	}
	return kept.StartedIn == nil || *kept.StartedIn != s.ID || s.AuthTime().After(kept.StartedAt)
}

// Following is a run that waits and may end with a session that began in another tab.
type Following struct {
	Run *store.Run
	// Ask is what a fresh run would be begun with.
	Ask Ask
	// Good reports whether a success, of which the session is not told, satisfies whoever asked.
	Good func(*store.Outcome) bool
}

// Follow begins the flow of a run that waits once more, with the session that the browser has now. If that leads to a good success without a
// page, the run ends with it, and the address of its /as/resume is given. Empty: the run is where it was. Until then the flow only reads: it
// sends nothing, changes nothing and asks nobody outside, for most likely it comes to a page, and nobody would see that.
func (h *Host) Follow(r *http.Request, agent *useragent.Agent, header http.Header, f Following) (location string, err error) {
	flow, policy, err := h.chosen(r.Context(), agent, header, f.Ask.Flow)
	if err != nil {
		return "", err
	}
	kept := f.Run
	anew := *kept
	anew.Policy, anew.Flow, anew.FlowHash = policy, flow.Name, flow.Hash
	env, err := h.surroundings(r.Context(), agent, &anew, f.Ask.Request)
	if err != nil {
		return "", err
	}
	reader := h.Flows.reader()
	_, effect, err := reader.machine.Start(r.Context(), flow, env, agent.Now)
	if err != nil {
		return "", fmt.Errorf("start flow %q: %w", flow.Name, err)
	}
	success, ok := effect.(run.Success)
	if !ok || !success.FromSession || reader.stopped.Load() || !f.Good(&store.Outcome{ACR: success.ACR}) {
		return "", nil
	}
	outcome, err := h.finish(r.Context(), agent, header, ending{flow: flow.Name, run: kept, effect: effect})
	if errors.Is(err, errStale) {
		return "", nil // the person was faster
	}
	if err != nil {
		return "", err
	}
	h.ended(r.Context(), agent, &anew, effect, outcome)
	return resumeAt(agent.Base, kept), nil
}

// reader is a machine that runs a flow as far as reading goes.
type reader struct {
	machine run.Machine
	stopped atomic.Bool // the flow wanted to do more than read: what it came to counts for nothing
}

var errReads = errors.New("a tab that follows another only reads")

func (f *Flows) reader() *reader {
	r := &reader{}
	names := f.registry.Names()
	only := make([]connector.Capability, 0, len(names))
	for _, name := range names {
		c := *f.registry.Lookup(name)
		if !c.Reads {
			c.Run = func(context.Context, connector.Call) (connector.Result, error) {
				r.stopped.Store(true)
				return connector.Result{}, errReads
			}
		}
		only = append(only, c)
	}
	r.machine.Capabilities = connector.NewRegistry(only...)
	return r
}
