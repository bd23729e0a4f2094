package signoff

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"vigil/internal/hint"
	"vigil/internal/notice"
	"vigil/internal/session"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// Endpoint signs people off.
type Endpoint struct {
	Agents  *useragent.Agents
	Parking *useragent.Parking
	Hints   hint.Reader
	Notices *notice.Dispatcher
	Pages   web.Pages
	Log     *slog.Logger
}

// maxForm bounds a request by POST, in bytes.
const maxForm = 64 << 10

// Mount registers the endpoint.
func (e *Endpoint) Mount(r *web.Router) {
	r.GET("/as/signoff", e.signOff)
	r.POST("/as/signoff", e.signOff)
	r.POST("/as/signoff/confirm", e.confirm)
	r.GET("/as/idpSignoff", e.idpSignOff)
	r.POST("/as/idpSignoff", e.idpSignOff)
}

// exchange is one sign-off on its way.
type exchange struct {
	w       http.ResponseWriter
	r       *http.Request
	base    tenant.Base
	request request
	hint    *hint.Hint          // nil: none, or none of ours
	app     *tenant.Application // nil: nobody is named
	agent   *useragent.Agent
}

// signOff serves a request of an application.
func (e *Endpoint) signOff(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	x := &exchange{w: w, r: r, base: base}
	form, done, err := e.read(x)
	if err != nil || done {
		return err
	}
	if fault := e.check(x, form); fault != nil {
		return e.fail(x, fault)
	}
	if x.agent, err = e.Agents.Recognise(r, base); err != nil {
		return err
	}
	switch decide(base.Environment.SignOffQuestion, x.agent.Session, x.hint) {
	case endIt:
		return e.end(x, x.request.redirectURI != "")
	case stayHere:
		return e.end(x, false)
	default:
		return e.ask(x)
	}
}

// read takes the parameters. Done: another site posted, and the browser was sent to a GET that brings its cookies.
func (e *Endpoint) read(x *exchange) (form url.Values, done bool, err error) {
	if x.r.Method != http.MethodPost && x.r.URL.Query().Has(useragent.ParkedParameter) {
		form, ok, err := e.Parking.Unpark(x.r, x.base)
		if err != nil || ok {
			return form, false, err
		}
		return nil, true, e.Pages.Fail(x.w, x.base, http.StatusGone, templates.ErrorPage{
			Title: "This sign-off has gone stale", Message: "It waited too long or was opened twice. Nothing was changed.",
		})
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxForm)
	if err := x.r.ParseForm(); err != nil {
		return nil, true, e.fail(x, errParameters)
	}
	if !useragent.FromElsewhere(x.r, x.base) || wantsJSON(x.r) {
		return x.r.Form, false, nil
	}
	location, err := e.Parking.Park(x.r, x.base)
	if err != nil {
		return nil, true, err
	}
	return nil, true, web.Redirect(x.w, x.r, location)
}

// check reads the request, its hint and its application, before anything ends.
func (e *Endpoint) check(x *exchange, form url.Values) (err error) {
	if x.request, err = parse(form); err != nil {
		return err
	}
	if x.request.idTokenHint != "" {
		if h, err := e.Hints.Read(x.base, x.request.idTokenHint); err == nil {
			x.hint = &h
		} else if x.request.redirectURI != "" && !unreadable(err, x.request) {
			return err
		}
	}
	x.app, err = x.request.application(x.base.Environment, x.hint)
	return err
}

// unreadable reports whether a hint is one that only the application can read. It is then as if none were there, and client_id says who asks.
//
// OIDC RP-Initiated Logout 2: client_id is for encrypted ID tokens, which do not show their audience.
func unreadable(err error, r request) bool {
	return errors.Is(err, hint.ErrEncrypted) && r.clientID != ""
}

// inputToken proves that an answer belongs to the question that this session was asked.
const inputToken = "_token"

// ask shows the question.
func (e *Endpoint) ask(x *exchange) error {
	if wantsJSON(x.r) {
		return e.fail(x, errAsk)
	}
	page := templates.SignOffQuestionPage{
		Page: web.Frame(x.base), User: x.agent.Session.Username, Action: x.base.Prefix + "/as/signoff/confirm",
		Hidden: []templates.Hidden{{Name: inputToken, Value: token(x.agent.Session)}},
	}
	if x.app != nil {
		page.Application = x.app.Name
	}
	for name, values := range x.request.form() {
		if values[0] != "" {
			page.Hidden = append(page.Hidden, templates.Hidden{Name: name, Value: values[0]})
		}
	}
	if asked := x.r.Form["ui_locales"]; len(asked) == 1 {
		page.Hidden = append(page.Hidden, templates.Hidden{Name: "ui_locales", Value: asked[0]})
	}
	return web.Show(x.w, http.StatusOK, templates.FormPolicy, func(out io.Writer) error { return e.Pages.Templates.SignOffQuestion(out, page) })
}

// confirm serves the person's answer.
func (e *Endpoint) confirm(w http.ResponseWriter, r *http.Request, base tenant.Base) (err error) {
	x := &exchange{w: w, r: r, base: base}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return e.fail(x, errParameters)
	}
	if fault := e.check(x, r.PostForm); fault != nil {
		return e.fail(x, fault)
	}
	if x.agent, err = e.Agents.Recognise(r, base); err != nil {
		return err
	}
	switch s := x.agent.Session; {
	case s == nil:
		return e.end(x, x.request.redirectURI != "" && web.OwnPage(r, base))
	case !web.OwnPage(r, base) || subtle.ConstantTimeCompare([]byte(r.PostForm.Get(inputToken)), []byte(token(s))) != 1:
		return e.ask(x)
	case r.PostForm.Get(templates.ButtonInput) != templates.ButtonSignOff:
		return e.Pages.Fail(w, base, http.StatusOK, templates.ErrorPage{
			Title: "You are still signed on", Message: "Nothing was changed. You can close this page.",
		})
	}
	return e.end(x, x.request.redirectURI != "")
}

// token is known to the server and to the page that it wrote for this session only.
func token(s *session.Session) string {
	sum := sha256.Sum256(append([]byte("sign-off question "), s.SecretDigest[:]...))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// fail answers a request that ends nothing.
func (e *Endpoint) fail(x *exchange, fault error) error {
	if wantsJSON(x.r) {
		h := x.w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		x.w.WriteHeader(http.StatusBadRequest)
		return json.NewEncoder(x.w).Encode(map[string]string{"error": "invalid_request", "error_description": publicText(fault)})
	}
	e.Log.Info("sign-off refused",
		"environment", x.base.Environment.ID, "client", x.request.clientID, "error", fault, "post_logout_redirect_uri", x.request.redirectURI)
	page := templates.ErrorPage{
		Title:   "That sign-off request cannot be answered",
		Message: "You were not signed off: " + publicText(fault) + ".",
		Advice:  []string{"Go back to the application and sign off there again."},
	}
	if x.base.Realm == nil { // a realm has its sessions for itself, and no page of its own for this
		page.Advice = []string{"Continue, to sign off here, or go back to the application and sign off there again."}
		page.Continue.URL = x.base.URL("/as/signoff")
	}
	return e.Pages.Fail(x.w, x.base, http.StatusBadRequest, page)
}
