package rehearsal

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/flowtest"
	"vigil/engine/run"
	"vigil/internal/session"
	"vigil/templates"
)

// Ends implements flowtest.Double.
func (p *performance) Ends(end flowtest.Ending) error {
	if end.Away {
		return p.explained(p.comesBack(end))
	}
	return p.explained(p.ends(end))
}

func (p *performance) ends(end flowtest.Ending) error {
	if failure, ok := end.Effect.(run.Failure); ok && errors.Is(failure.Cause, run.ErrTimedOut) && end.Outcome == "" {
		return p.isOver(end.Session)
	}
	if forDevices(p.scene) {
		return p.deviceEnds(end)
	}
	if err := p.tab.await("location.pathname === '/back' && location.hash.length > 1", "the end of the run"); err != nil {
		return err
	}
	if err := p.peopleAre(end.People); err != nil {
		return err
	}
	if end.Outcome != "" {
		if err := p.partEnds(end); err != nil {
			return err
		}
		return p.hasSession(end.Session)
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
		if err := claimed(e, answer.Get("id_token")); err != nil {
			return err
		}
		if err := p.outlives(end.Session); err != nil {
			return err
		}
	}
	return p.hasSession(end.Session)
}

// claimed holds what the ID token says against what the flow gave.
func claimed(e run.Success, token string) error {
	var claims map[string]any
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		return fmt.Errorf("read the ID token: %w", err)
	}
	if e.ACR != "" && claims["acr"] != e.ACR {
		return fmt.Errorf("the ID token has the acr %v, the stage %q", claims["acr"], e.ACR)
	}
	for name, want := range e.IDTokenClaims {
		if got := common(claims[name]); got != common(want) {
			return fmt.Errorf("the ID token says %q is %s, the stage %s", name, got, common(want))
		}
	}
	return nil
}

// outlives holds whether the session outlives the browser, where the flow that began it said so.
func (p *performance) outlives(standing *flowtest.Standing) error {
	live, err := p.live(standing)
	if err != nil || live == nil || standing == nil || standing.Persistent == nil || live.BrowserBound != *standing.Persistent {
		return err
	}
	return fmt.Errorf("the session outlives the browser: %t at the server, %t on the stage", !live.BrowserBound, *standing.Persistent)
}

// comesBack holds what another device says at the end of its run, and goes back to the page that waits.
func (p *performance) comesBack(end flowtest.Ending) error {
	// Empty in other languages: the words are not ours then.
	const heading = "document.documentElement.lang === 'en' ? document.querySelector('h1').textContent.trim() : ''"
	if err := p.tab.await("location.pathname.endsWith('/link/done')", "the end of the run behind the link"); err != nil {
		return err
	}
	want, words := "", templates.English()
	switch e := end.Effect.(type) {
	case run.Answered:
		if want = words.RefusedTitle; e.Approved {
			want = words.ApprovedTitle
		}
	case run.Failure:
		want = words.RefusedTitle
	}
	got, err := eval[string](p.tab, heading)
	switch {
	case err != nil:
		return err
	case got != want && got != "":
		return fmt.Errorf("the other device is told %q, and would be told %q after what happened on the stage", got, want)
	}
	p.house.giveBack(p.tab)
	p.tab = p.first
	return nil
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
	return p.hasSession(standing)
}

// HasSession implements flowtest.Double.
func (p *performance) HasSession(standing *flowtest.Standing) error {
	return p.explained(p.hasSession(standing))
}

// hasSession compares who is signed on, by what, and for how long.
func (p *performance) hasSession(standing *flowtest.Standing) error {
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
