package device

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"vigil/internal/device"
	"vigil/internal/grant"
	"vigil/internal/oidc"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// inputOutcome carries what the flow decided beside the session, from the question to its answer.
const inputOutcome = "_outcome"

// Buttons of the question.
const (
	buttonAllow = "allow"
	buttonDeny  = "deny"
)

// question is what a person is asked when a flow has signed them on.
type question struct {
	key     device.Key
	outcome *store.Outcome
}

// question asks whether the device is the person's.
//
// RFC 8628 5.4: against remote phishing, the person learns which application asks and compares the code.
func (e *Endpoint) question(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, q question) error {
	base, key := agent.Base, q.key
	found, err := e.waiting(r, agent, key)
	switch {
	case known(err):
		return e.over(w, base)
	case err != nil:
		return err
	}
	app := found.Application
	decided := *q.outcome
	decided.SessionID = nil // the browser brings its own
	kept, err := json.Marshal(decided)
	if err != nil {
		return fmt.Errorf("keep outcome: %w", err)
	}
	frame, words := e.frame(base)
	frame.Words = words
	text := fmt.Sprintf(words.DeviceAsks, agent.Session.Username, app.Name, device.Spell(found.UserCode))
	if asked := (templates.ConsentPage{Page: frame, Scopes: granted(found.Authorization, q.outcome)}).Asked(); app.Consent != tenant.ConsentNone && len(asked) > 0 {
		// OIDC Core 3.1.2.4: consent before anything is released. Whoever lets the device in says yes to this too.
		text += "\n" + words.ConsentText + "\n" + strings.Join(asked, "\n")
	}
	page := templates.FormPage{
		Page: frame, Application: app.Name, Title: words.DeviceQuestion, Text: text, Action: base.Prefix + confirmPath,
		Hidden: []templates.Hidden{
			{Name: inputDevice, Value: key.String()}, {Name: inputOutcome, Value: string(kept)}, {Name: inputToken, Value: e.token(agent.Session, key, string(kept))},
		},
		Buttons: []templates.Button{{Name: buttonAllow, Label: words.DeviceYes}, {Name: buttonDeny, Label: words.DeviceNo, Link: true}},
	}
	return web.Show(w, http.StatusOK, templates.FormPolicy, func(out io.Writer) error { return e.Pages.Templates.Form(out, page) })
}

// token is known to the server and to the page that it wrote for this session, this device and this outcome only.
func (e *Endpoint) token(s *session.Session, key device.Key, outcome string) string {
	secret := e.Secret(s.EnvironmentID, "device questions")
	mac := hmac.New(sha256.New, secret[:])
	mac.Write(key[:])
	mac.Write(s.ID[:])
	mac.Write(s.SecretDigest[:])
	mac.Write([]byte(outcome))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// confirm takes the person's answer.
func (e *Endpoint) confirm(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil || !web.OwnPage(r, base) {
		return e.over(w, base)
	}
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	key, ok := device.ParseKey(r.PostForm.Get(inputDevice))
	kept := r.PostForm.Get(inputOutcome)
	if !ok || agent.Session == nil || subtle.ConstantTimeCompare([]byte(r.PostForm.Get(inputToken)), []byte(e.token(agent.Session, key, kept))) != 1 {
		return e.over(w, base)
	}
	if r.PostForm.Get(templates.ButtonInput) != buttonAllow {
		if err := device.Answer(r.Context(), e.KV, key, nil, nil, agent.Now); err != nil && !known(err) {
			return err
		}
		return e.tell(w, base, http.StatusOK, "The device was not let in", "Nothing was given to it. You can close this page.")
	}
	var outcome store.Outcome
	if err := json.Unmarshal([]byte(kept), &outcome); err != nil {
		return fmt.Errorf("decode outcome: %w", err)
	}
	return e.letIn(w, r, agent, key, &outcome)
}

// waiting finds a device that waits here. An error that is known: there is none.
func (e *Endpoint) waiting(r *http.Request, agent *useragent.Agent, key device.Key) (*Found, error) {
	found, err := device.Load(r.Context(), e.KV, key, agent.Now)
	if err != nil {
		return nil, err
	}
	app := agent.Base.Environment.Application(found.ClientID)
	switch {
	case app == nil || found.EnvironmentID != agent.Base.Environment.ID || found.Issuer != agent.Base.Issuer():
		return nil, device.ErrUnknown
	case found.Status != device.Pending:
		return nil, device.ErrAnswered
	}
	return &Found{found, app}, nil
}

// allow lets the device in, in the name of the person's session.
func (e *Endpoint) allow(r *http.Request, agent *useragent.Agent, key device.Key, outcome *store.Outcome) error {
	found, err := e.waiting(r, agent, key)
	if err != nil {
		return err
	}
	s := agent.Session
	f := &grant.Family{
		EnvironmentID: found.EnvironmentID, Issuer: found.Issuer, ClientID: found.ClientID, SessionID: s.ID[:], UserID: s.UserID,
		Scope: granted(found.Authorization, outcome).String(), Resources: found.Resources, AuthTime: s.AuthTime(), ACR: s.ACR, AMR: append(s.Methods(), outcome.ExtraMethods...),
		IDTokenClaims: outcome.IDTokenClaims, AccessTokenClaims: outcome.AccessTokenClaims,
	}
	if outcome.ACR != "" {
		f.ACR = outcome.ACR
	}
	if !s.Joined(found.ClientID) {
		// Whoever ends the session tells the device's application too.
		_, err := e.Agents.Sessions.Change(r.Context(), s.ID, agent.Now, func(s *session.Session) {
			if !s.Joined(found.ClientID) {
				s.Applications = append(s.Applications, found.ClientID)
			}
		})
		if err != nil {
			return fmt.Errorf("join session: %w", err)
		}
	}
	return device.Answer(r.Context(), e.KV, key, f, e.Liveness(s.ID[:]), agent.Now)
}

// granted is what a device gets of what it asks for.
func granted(found *device.Authorization, outcome *store.Outcome) oidc.Scope {
	if outcome.Scopes == nil {
		return scopesOf(found)
	}
	return reduced(scopesOf(found), outcome.Scopes)
}

// reduced is what remains of the requested scopes: a flow takes away and never adds.
func reduced(requested oidc.Scope, allowed []string) oidc.Scope {
	var left oidc.Scope
	for _, s := range requested {
		if s == oidc.ScopeOpenID || oidc.Scope(allowed).Has(s) {
			left = append(left, s)
		}
	}
	return left
}

func scopesOf(a *device.Authorization) oidc.Scope {
	scope, _ := oidc.ParseScope(a.Scope)
	return scope
}

// known: the device waits no more, or the session has ended.
func known(err error) bool {
	for _, one := range []error{device.ErrUnknown, device.ErrExpired, device.ErrAnswered, grant.ErrSessionEnded} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

func (e *Endpoint) over(w http.ResponseWriter, base tenant.Base) error {
	return e.tell(w, base, http.StatusGone, "This device waits no more", "Its code was used, refused, or took too long. Begin anew on the device.")
}
