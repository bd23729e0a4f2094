package rehearsal

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/flowtest"
	"vigil/engine/run"
	"vigil/internal/session"
)

// Ends implements flowtest.Double.
func (p *performance) Ends(end flowtest.Ending) error {
	if failure, ok := end.Effect.(run.Failure); ok && errors.Is(failure.Cause, run.ErrTimedOut) {
		return p.isOver(end.Session)
	}
	if err := p.tab.await("location.pathname === '/back' && location.hash.length > 1", "the end of the run"); err != nil {
		return err
	}
	fragment, err := eval[string](p.tab, "location.hash.slice(1)")
	if err != nil {
		return err
	}
	answer, err := url.ParseQuery(fragment)
	if err != nil {
		return err
	}
	switch e := end.Effect.(type) {
	case run.Failure:
		if answer.Get("error") != e.Code {
			return fmt.Errorf("it ended in %s on the stage, the application was told %q", e.Code, answer.Get("error")+answer.Get("error_description"))
		}
		if e.Description != "" && answer.Get("error_description") != e.Description {
			return fmt.Errorf("it ended in %q on the stage, the application was told %q", e.Description, answer.Get("error_description"))
		}
	case run.Success:
		if answer.Get("id_token") == "" {
			return fmt.Errorf("it ended in success on the stage, the application was told %q", answer.Get("error")+" "+answer.Get("error_description"))
		}
	}
	return p.HasSession(end.Session)
}

// isOver holds that the provider says so on a page of its own: by then it has forgotten the run, and to which application it would go back.
func (p *performance) isOver(standing *flowtest.Standing) error {
	shown, err := p.tab.look()
	if err != nil {
		return err
	}
	if over, err := eval[bool](p.tab, "location.pathname !== '/back' && !document.querySelector('form')"); err != nil || !over {
		return errors.Join(fmt.Errorf("the run took too long on the stage, the browser shows %q", shown.Title), err)
	}
	return p.HasSession(standing)
}

// HasSession implements flowtest.Double: it compares who is signed on, by what, and for how long.
func (p *performance) HasSession(standing *flowtest.Standing) error {
	live, err := p.live(standing)
	switch {
	case err != nil:
		return err
	case standing == nil && live == nil:
		return nil
	case standing == nil:
		return fmt.Errorf("nobody is signed on at the stage, %s is at the server", live.Username)
	case live == nil:
		return fmt.Errorf("%s is signed on at the stage, but not at the server", standing.Username)
	}
	var methods []string
	for _, proof := range live.Proofs {
		methods = append(methods, proof.Method)
	}
	slices.Sort(methods)
	switch {
	case !slices.Equal(methods, standing.Methods):
		return fmt.Errorf("the session has the proofs [%s] at the server and [%s] on the stage", strings.Join(methods, ", "), strings.Join(standing.Methods, ", "))
	case live.IdleTimeout != standing.IdleTimeout:
		return fmt.Errorf("the idle timeout is %s at the server and %s on the stage", connector.FormatDuration(live.IdleTimeout), connector.FormatDuration(standing.IdleTimeout))
	case live.MaxLifetime != standing.MaxLifetime:
		return fmt.Errorf("the maximum lifetime is %s at the server and %s on the stage", connector.FormatDuration(live.MaxLifetime), connector.FormatDuration(standing.MaxLifetime))
	}
	return nil
}

// live is the session of whoever is signed on at the stage, or else of anybody. Nil: there is none.
func (p *performance) live(standing *flowtest.Standing) (*session.Session, error) {
	ids := []string{}
	if standing != nil {
		u, err := p.server.Directory.Find(p.house.ctx, environment, standing.Username)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("find %s at the server", standing.Username), err)
		}
		ids = append(ids, u.ID)
	} else {
		for i := range p.scene.People {
			ids = append(ids, p.scene.People[i].Account.ID)
		}
	}
	for _, id := range ids {
		sessions, err := p.server.Sessions.LiveOfUser(p.house.ctx, environment, id, p.clock())
		if err != nil {
			return nil, err
		}
		if len(sessions) > 0 {
			return sessions[len(sessions)-1], nil
		}
	}
	return nil, nil
}
