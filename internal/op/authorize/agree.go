package authorize

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"

	"vigil/internal/oidc"
	"vigil/internal/piflow"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// consentToken is what a page of the application must bring with the answer to the question of an ended run. Bound: the browser that is asked
// keeps our cookies, so it must bring its key too.
func (e *Endpoint) consentToken(run *store.Run, bound bool) string {
	key := e.Secret(run.EnvironmentID, "interaction tokens")
	mac := hmac.New(sha256.New, key[:])
	mac.Write(run.ID[:])
	mac.Write([]byte(piflow.ConsentNode + strconv.FormatBool(bound)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// asked reports whether a token answers the question of an ended run, from a browser that holds the run.
func (e *Endpoint) asked(agent *useragent.Agent, run *store.Run, token []byte) bool {
	if run.Outcome == nil {
		return false
	}
	return hmac.Equal(token, []byte(e.consentToken(run, false))) || agent.BringsRunKey() && hmac.Equal(token, []byte(e.consentToken(run, true)))
}

// mayAsk reports whether a page of the application may put the question itself. It may if the person proved themselves on that very page, which
// thereby was trusted with more. Who was signed on before is asked by a page of ours: an application could answer in their stead.
func mayAsk(s *session.Session, run *store.Run) bool { return !s.AuthTime().Before(run.StartedAt) }

// questionOf puts the question in words.
func (e *Endpoint) questionOf(x *exchange, s *session.Session, scope oidc.Scope) piflow.Question {
	frame := web.Frame(x.base, x.request.UILocales...)
	frame.Words = e.Pages.Templates.Words(frame.Language)
	words := frame.Words
	asked := templates.ConsentPage{Page: frame, Scopes: scope}.Asked()
	return piflow.Question{
		Title: fmt.Sprintf(words.ConsentTitleFor, x.app.Name), Text: words.ConsentText, Asked: append([]string{words.ConsentIdentity + " (" + s.Username + ")"}, asked...),
		Agree: words.ConsentYes, Proceed: words.Continue, Refuse: words.ConsentNo, Missing: words.ConsentTitle,
	}
}

// finish answers with what the flow came to, once. Where there is something to ask, it asks first: as often as the reply is lost.
func (e *Endpoint) finish(x *exchange) error {
	run := x.shown.Run
	// The configuration may have changed while the person signed on.
	fault := e.check(x)
	if fault == nil {
		s, scope, err := e.question(x, run.Outcome)
		switch {
		case err != nil:
			return err
		case s != nil && len(scope) > 0 && mayAsk(s, run):
			return e.ask(x, s, scope)
		case s != nil && len(scope) > 0:
			fault = errConsent()
		}
	}
	return e.takeOutcome(x, fault)
}

// takeOutcome ends the interaction, once, with a fault or with what the flow came to.
func (e *Endpoint) takeOutcome(x *exchange, fault *oidc.Error) error {
	first, err := e.Flows.TakeBack(x.r.Context(), x.shown.Run)
	switch {
	case err != nil:
		return err
	case !first:
		return sendJSON(x.w, http.StatusUnauthorized, piflow.Unauthorized())
	case fault != nil:
		return e.refuse(x, fault)
	}
	return e.conclude(x, x.shown.Run.Outcome)
}

// ask shows the question as a form.
func (e *Endpoint) ask(x *exchange, s *session.Session, scope oidc.Scope) error {
	return sendJSON(x.w, http.StatusOK, e.consentPlace(x).Consent(e.questionOf(x, s, scope)))
}

func (e *Endpoint) consentPlace(x *exchange) piflow.Place {
	place := e.place(x.base, x.shown)
	place.InteractionToken = e.consentToken(x.shown.Run, x.agent.BringsRunKey())
	return place
}

// agree takes the answer to the question.
func (e *Endpoint) agree(x *exchange) error {
	read, told, err := e.readAnswer(x, e.consentPlace(x))
	if err != nil || told {
		return err
	}
	if err := e.bringSession(x); err != nil {
		return err
	}
	if fault := e.check(x); fault != nil {
		return e.takeOutcome(x, fault)
	}
	s, scope, err := e.question(x, x.shown.Run.Outcome)
	switch {
	case err != nil:
		return err
	case s == nil || len(scope) == 0 || !mayAsk(s, x.shown.Run):
		return e.finish(x)
	case read.ID != piflow.ConsentNode:
		return e.ask(x, s, scope)
	}
	decision, err := read.Decision()
	switch {
	case err != nil:
		return sendJSON(x.w, http.StatusBadRequest, e.consentPlace(x).NotUnderstood("a value is of the wrong kind"))
	case decision == piflow.Undecided:
		return sendJSON(x.w, http.StatusBadRequest, e.consentPlace(x).Untold(e.questionOf(x, s, scope)))
	case decision == piflow.Refused:
		return e.takeOutcome(x, errRefused())
	}
	x.agreed = true
	if err := e.remember(x, s, scope); err != nil {
		return err
	}
	return e.takeOutcome(x, nil)
}

// bringSession is for pages that keep no cookies: whoever holds the run holds the session that it led to.
func (e *Endpoint) bringSession(x *exchange) (err error) {
	run := x.shown.Run
	if x.agent.Session == nil && !x.agent.BringsRunKey() && run.Outcome.SessionID != nil {
		x.agent.Session, err = e.Agents.Sessions.Load(x.r.Context(), *run.Outcome.SessionID, x.agent.Now)
	}
	return err
}

// remember keeps what a person agreed to: beside what was, where the application registered that it is remembered; where it asks always, alone, for
// its silent checks.
func (e *Endpoint) remember(x *exchange, s *session.Session, scope oidc.Scope) error {
	keep := store.AddConsent
	switch x.app.Consent {
	case tenant.ConsentRemembered:
	case tenant.ConsentAlways:
		keep = store.PutConsent
	default:
		return nil
	}
	return e.KV.Update(x.r.Context(), func(tx kv.Tx) error { return keep(tx, s.EnvironmentID, s.UserID, x.app.ClientID, scope) })
}

// errRefused: the person said no.
func errRefused() *oidc.Error {
	return oidc.NewError(oidc.CodeAccessDenied, "the person did not agree")
}
