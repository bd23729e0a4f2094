package authorize

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"vigil/iframe"
	"vigil/internal/clientkeys"
	"vigil/internal/grant"
	"vigil/internal/keys"
	"vigil/internal/mint"
	"vigil/internal/oidc"
	"vigil/internal/session"
	"vigil/internal/store"
	"vigil/internal/web"
	"vigil/templates"
)

// answer is what a success is made of.
type answer struct {
	session *session.Session
	outcome *store.Outcome // nil: no flow ran
	acr     string
}

// respond sends what the request asks for to the application and notes that it takes part in the session.
func (e *Endpoint) respond(x *exchange, a answer) error {
	if fault := e.unmet(x, a.session, a.acr); fault != nil {
		return e.refuse(x, fault)
	}
	if x.request.Pushed {
		if fault := e.useUp(x); fault != nil {
			return e.refuse(x, fault)
		}
	}
	if err := e.join(x, a.session); err != nil {
		return err
	}
	response, err := e.begin(x)
	if err != nil {
		return err
	}
	if x.request.ResponseType == oidc.ResponseNone {
		return e.sendNone(x, response)
	}
	if err := e.issue(x, a, response); err != nil {
		return err
	}
	if x.forPage() {
		return e.succeedPage(x, response)
	}
	return e.send(x, response)
}

// sendNone says that somebody is signed on, and nothing else: clients test where they land.
//
// OAuth Multiple Response Types 4: no code and no token; state is echoed when it was sent. Without a redirect URI the status says it (AM).
func (e *Endpoint) sendNone(x *exchange, response *oidc.Response) error {
	switch {
	case x.forPage():
		return e.succeedPage(x, response)
	case x.request.RedirectURI == "":
		x.w.Header().Set("Cache-Control", "no-store")
		x.w.WriteHeader(http.StatusNoContent)
		return nil
	case x.request.State == "":
		response.Params = slices.DeleteFunc(response.Params, func(p oidc.Param) bool { return p.Name == "iss" })
	}
	return e.send(x, response)
}

// refuse sends an error to the application. Client and redirect URI are known good.
func (e *Endpoint) refuse(x *exchange, fault *oidc.Error) error {
	if x.forPage() {
		return e.refusePage(x, fault)
	}
	if x.request.RedirectURI == "" {
		return e.tell(x, fault)
	}
	e.note(x, fault)
	response, err := e.begin(x)
	if err != nil {
		return err
	}
	return e.send(x, response.AddError(fault))
}

// note tells the operator what is wrong with a request. What a flow came to, and that somebody would have to be asked, is nobody's mistake.
func (e *Endpoint) note(x *exchange, fault *oidc.Error) {
	switch fault.Code {
	case oidc.CodeLoginRequired, oidc.CodeInteractionRequired, oidc.CodeConsentRequired, oidc.CodeAccountSelectionRequired:
		return
	}
	if !x.ran {
		e.Log.Info("authorization request refused", "environment", x.base.Environment.ID, "client", x.request.ClientID, "error", fault)
	}
}

// begin makes a response with what every response carries.
func (e *Endpoint) begin(x *exchange) (*oidc.Response, error) {
	response := x.request.Respond(x.base.Issuer())
	state, err := e.sessionState(x)
	if err != nil {
		return nil, err
	}
	// OIDC Session 2: session_state on success and on errors alike.
	return response.Add("session_state", state), nil
}

// sessionState is what the application's iframe will compare. Empty: the application does not want it (seed 003), its origin cannot
// hold it, or this browser neither brought nor was given an OPUAS.
func (e *Endpoint) sessionState(x *exchange) (string, error) {
	if !x.app.OpSessionCheckEnabled || !x.base.SessionManaged(x.app) {
		return "", nil
	}
	origin, state := x.app.SessionOrigin(x.request.RedirectURI), x.agent.State()
	if x.request.RedirectURI == "" {
		origin = x.app.PageOrigin(x.r.Header.Get("Origin"))
	}
	if origin == "" || state == "" {
		return "", nil
	}
	var random [12]byte
	if _, err := io.ReadFull(e.Random, random[:]); err != nil {
		return "", fmt.Errorf("make salt: %w", err)
	}
	return iframe.Compute(x.app.ClientID, origin, x.base.Origin, state, random), nil
}

// join notes that the application received something of the session, and its activity where it counts.
func (e *Endpoint) join(x *exchange, s *session.Session) error {
	if !s.Joined(x.app.ClientID) {
		_, err := e.Agents.Sessions.Change(x.r.Context(), s.ID, x.agent.Now, func(s *session.Session) {
			if !s.Joined(x.app.ClientID) {
				s.Applications = append(s.Applications, x.app.ClientID)
			}
		})
		if err != nil {
			return fmt.Errorf("join session: %w", err)
		}
	}
	if x.app.CountsAsActivity {
		e.Agents.Sessions.Touch(s.ID, x.agent.Now)
		s.Touch(x.agent.Now)
		x.agent.Activity(x.w.Header())
	}
	return nil
}

// grantOf is what the code will be worth.
func (e *Endpoint) grantOf(x *exchange, a answer) (*grant.Grant, error) {
	g, err := grant.New(x.agent.Now, e.Random)
	if err != nil {
		return nil, err
	}
	g.EnvironmentID, g.Issuer = x.base.Environment.ID, x.base.Issuer()
	g.ClientID, g.RedirectURI = x.app.ClientID, x.request.RedirectURI
	g.SessionID, g.UserID, g.AuthTime = a.session.ID[:], a.session.UserID, a.session.AuthTime()
	// RFC 6749 3.3: an application gets no scope but those it registered; the token response says what remains.
	g.Scope, g.Nonce = reduced(x.request.Scope, x.app.Scopes).String(), x.request.Nonce
	g.CodeChallenge, g.CodeChallengeMethod = x.request.CodeChallenge, x.request.CodeChallengeMethod
	g.KeyThumbprint, g.Resources = x.request.KeyThumbprint, x.request.Resources
	g.ACR, g.AMR = a.acr, a.session.Methods()
	left := x.wanted()
	if a.outcome != nil {
		g.AMR = append(g.AMR, a.outcome.ExtraMethods...)
		g.IDTokenClaims, g.AccessTokenClaims = a.outcome.IDTokenClaims, a.outcome.AccessTokenClaims
		if a.outcome.Scopes != nil {
			g.Scope, left = reduced(reduced(x.request.Scope, x.app.Scopes), a.outcome.Scopes).String(), reduced(left, a.outcome.Scopes)
		}
	}
	return g, e.wish(x, g, left)
}

// reduced is what remains of the requested scopes: a flow takes away and never adds.
func reduced(requested oidc.Scope, allowed []string) oidc.Scope {
	if requested.Within(allowed) {
		return requested
	}
	left := oidc.Scope{}
	for _, s := range requested {
		if s == "openid" || oidc.Scope(allowed).Has(s) {
			left = append(left, s)
		}
	}
	return left
}

// send carries a response to the redirect URI in the mode of the request.
func (e *Endpoint) send(x *exchange, response *oidc.Response) error {
	if err := e.enclose(x, response); err != nil {
		return err
	}
	if response.Mode != oidc.ModeFormPost {
		return web.Redirect(x.w, x.r, response.Location())
	}
	page := templates.FormPostPage{Page: web.Frame(x.base, x.request.UILocales...), Application: x.app.Name, Action: response.RedirectURI}
	for _, p := range response.Params {
		page.Fields = append(page.Fields, templates.Hidden{Name: p.Name, Value: p.Value})
	}
	show := func(out io.Writer) error { return e.Pages.Templates.FormPost(out, page) }
	// OIDC Core 3.1.2.1: prompt=none is for hidden frames. Only the application that gets the answer may have one.
	if origin, err := iframe.Origin(response.RedirectURI); err == nil && x.request.Prompt == oidc.PromptNone {
		return web.ShowFramed(x.w, templates.FormPostPolicyWithin(origin), show)
	}
	return web.Show(x.w, http.StatusOK, templates.FormPostPolicy, show)
}

// enclose signs a response that is to travel as a JWT, and encrypts it if the application wants that.
//
// JARM 2.1, 2.2: signed, then encrypted.
func (e *Endpoint) enclose(x *exchange, response *oidc.Response) error {
	claims, signed, err := response.Claims(x.app.ClientID, x.agent.Now)
	if err != nil || !signed {
		return err
	}
	alg := x.app.AuthorizationSignedResponseAlg
	if alg == "" {
		alg = mint.Algorithm(x.app)
	}
	token, err := e.Keys.Ring(x.base.Environment.ID).Sign(alg, keys.TypeIDToken, claims)
	if err != nil {
		return err
	}
	if wanted := x.app.Encryptions.Authorization; wanted.Wanted() {
		if token, err = e.Clients.Keys.Encrypt(x.r.Context(), x.app, wanted, []byte(token), clientkeys.Nested); err != nil {
			return err
		}
	}
	response.Enclose(token)
	return nil
}

// tell answers whoever asks about a fault that may not be redirected: pages of applications and programs by JSON, people by a page.
func (e *Endpoint) tell(x *exchange, fault *oidc.Error) error {
	switch {
	case x.forPage():
		return e.refusePage(x, fault)
	case strings.Contains(x.r.Header.Get("Accept"), "application/json"):
		e.note(x, fault)
		return fault
	}
	return e.page(x, fault)
}

// page tells the person about a fault that may not be redirected.
func (e *Endpoint) page(x *exchange, fault *oidc.Error) error {
	e.note(x, fault)
	status, title, message := pageText(fault)
	page := templates.ErrorPage{
		Title: title, Message: message,
		Advice: []string{"Go back to the application and try again. If it happens again, tell the people who run the application."},
	}
	if x.app != nil {
		page.Continue = templates.Link{Label: x.app.Name, URL: x.app.Beginning(x.base.Issuer())}
	}
	if x.app != nil && x.request.ResponseType == oidc.ResponseNone && x.request.RedirectURI == "" {
		// seed 000: without a redirect URI the page is the answer, in the application's hidden frame as elsewhere.
		return e.Pages.FailFramed(x.w, x.base, status, page, x.app.Origins())
	}
	return e.Pages.Fail(x.w, x.base, status, page)
}
