package authorize

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"

	"vigil/internal/clientauth"
	"vigil/internal/dpop"
	"vigil/internal/flowhost"
	"vigil/internal/grant"
	"vigil/internal/hint"
	"vigil/internal/keys"
	"vigil/internal/oidc"
	"vigil/internal/replay"
	"vigil/internal/requestobject"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// Endpoint answers authorization requests.
type Endpoint struct {
	Agents  *useragent.Agents
	Flows   *flowhost.Host
	Parking *useragent.Parking
	Grants  grant.Environments
	Hints   hint.Reader
	Users   grant.Users
	Clients *clientauth.Authenticator
	// Proofs checks DPoP proofs of pushed requests.
	Proofs  *dpop.Verifier
	Objects *requestobject.Reader
	Memory  replay.Memory
	KV      kv.Store
	Keys    *keys.Set
	// Secret derives the secret of an environment for a purpose.
	Secret func(environmentID, purpose string) [32]byte
	Pages  web.Pages
	Random io.Reader
	Log    *slog.Logger
}

// maxForm bounds a request by POST, in bytes.
const maxForm = 64 << 10

// Mount registers the endpoint.
func (e *Endpoint) Mount(r *web.Router) {
	r.GET("/as/authorize", e.authorize)
	r.POST("/as/authorize", e.authorize)
	r.GET("/as/resume", e.resume)
	r.POST("/as/resume", e.resume)
	r.POST(flowhost.FollowPath, e.follow)
	r.POST("/as/par", e.push)
	r.POST("/davinci/connections/:connection/capabilities/:capability", e.step)
	r.POST(continuePath, e.goOn)
}

// exchange is one request on its way to its response.
type exchange struct {
	w       http.ResponseWriter
	r       *http.Request
	base    tenant.Base
	request oidc.AuthorizeRequest
	claims  oidc.ClaimsRequest
	agreed  bool      // the person was asked for consent and gave it
	asked   oidc.Mode // response_mode as the form itself names it, if it counts
	app     *tenant.Application
	agent   *useragent.Agent
	hint    *hint.Hint // nil: none was sent
	// ran: a flow ran for this request. shown is its form on a page of the application (pi.flow). Nil: none was shown there.
	ran   bool
	shown *flowhost.Interaction
}

// authorize serves an authorization request.
func (e *Endpoint) authorize(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	form, done, err := e.read(w, r, base)
	if err != nil || done {
		return err
	}
	x := &exchange{w: w, r: r, base: base}
	fault := e.parse(x, form)
	if refusal := x.identify(fault); refusal != nil {
		return e.tell(x, refusal)
	}
	if x.agent, err = e.Agents.Recognise(r, base); err != nil {
		return err
	}
	if err := e.Agents.Reconcile(r.Context(), x.agent, w.Header()); err != nil {
		return err
	}
	if fault == nil {
		fault = e.check(x)
	}
	if fault != nil {
		return e.refuse(x, fault)
	}
	return e.proceed(x)
}

// read takes the parameters from query and body. Done: another site posted, and the browser was sent to a GET that brings its cookies.
func (e *Endpoint) read(w http.ResponseWriter, r *http.Request, base tenant.Base) (form url.Values, done bool, err error) {
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	}
	if err := r.ParseForm(); err != nil {
		return nil, true, e.Pages.Fail(w, base, http.StatusBadRequest, templates.ErrorPage{
			Title: "That request could not be read", Message: "The authorization request is too large or damaged.",
		})
	}
	switch {
	case r.Method != http.MethodPost && r.Form.Has(useragent.ParkedParameter):
		return e.unpark(w, r, base)
	case !useragent.FromElsewhere(r, base), r.Form.Get("response_mode") == string(oidc.ModePiFlow):
		// OIDC Core 3.1.2.1: parameters by GET in the query, by POST in the body; Ping's clients post them in the query.
		return r.Form, false, nil
	}
	location, err := e.Parking.Park(r, base)
	if err != nil {
		return nil, true, err
	}
	return nil, true, web.Redirect(w, r, location)
}

// unpark takes the parameters that another site posted.
func (e *Endpoint) unpark(w http.ResponseWriter, r *http.Request, base tenant.Base) (form url.Values, done bool, err error) {
	form, ok, err := e.Parking.Unpark(r, base)
	if err != nil || ok {
		return form, false, err
	}
	return nil, true, e.Pages.Fail(w, base, http.StatusGone, templates.ErrorPage{
		Title: "This sign-on has gone stale", Message: "It waited too long or was opened twice.",
		Advice: []string{"Go back to the application and start again."},
	})
}

// proceed carries out what decide says.
func (e *Endpoint) proceed(x *exchange) error {
	at := standing{session: x.agent.Session, now: x.agent.Now}
	at.suffices = at.session != nil && e.Flows.Suffices(x.base.Environment, flowOf(&x.request, x.app, x.base.Environment), at.session)
	switch d := decide(&x.request, at, x.hint); {
	case d.refuse != nil:
		return e.refuse(x, d.refuse)
	case !d.interact:
		return e.respondSilently(x)
	case x.agent.Conflict() && x.forPage():
		return e.refuse(x, oidc.NewError(oidc.CodeInteractionRequired, "the browser holds two session cookies"))
	case x.agent.Conflict():
		return e.Pages.Fail(x.w, x.base, http.StatusBadRequest, templates.ErrorPage{
			Title:   "This browser holds two session cookies",
			Message: "Two different session tokens came with the request. One of them was set by another site of this domain, so neither is trusted.",
			Advice:  []string{"Clear the cookies of this site and start again."},
		})
	}
	return e.interact(x)
}
