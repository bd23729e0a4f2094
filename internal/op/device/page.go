package device

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"vigil/internal/device"
	"vigil/internal/flowhost"
	"vigil/internal/store"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// Inputs of the two forms.
const (
	inputCode   = "user_code"
	inputDevice = "device"
	inputToken  = "_token"
)

// show asks for the code. A code in the address is shown, never taken: the person compares it with that of the device.
//
// RFC 8628 3.3.1, 5.4: the address may have come from somebody else.
func (e *Endpoint) show(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	shown := ""
	if code := device.Fold(r.URL.Query().Get(inputCode)); code != "" {
		shown = device.Spell(code)
	}
	if base.Environment.DeviceFlow != "" {
		return e.run(w, r, base, shown)
	}
	return e.ask(w, base, shown, good)
}

// frame is that of a page in the language of whoever asks, and its words.
func (e *Endpoint) frame(base tenant.Base) (templates.Page, *templates.Words) {
	frame := web.Frame(base)
	return frame, e.Pages.Templates.Words(frame.Language)
}

// problem is why a code leads no further.
type problem int

const (
	good problem = iota
	wrongCode
	braked
)

// ask shows the form for the code.
func (e *Endpoint) ask(w http.ResponseWriter, base tenant.Base, code string, fault problem) error {
	frame, words := e.frame(base)
	page := templates.FormPage{
		Page: frame, Title: words.DeviceTitle, Text: words.DeviceText, Action: base.Prefix + pagePath, ErrorField: inputCode,
		Fields:  []templates.Field{{Name: inputCode, Type: templates.Text, Label: words.DeviceCode, Value: code, Required: true, Autocomplete: "off"}},
		Buttons: []templates.Button{{Name: "continue", Label: words.Continue}},
	}
	switch fault {
	case wrongCode:
		page.Error = words.DeviceWrong
	case braked:
		page.Error = words.DeviceBraked
	}
	return web.Show(w, http.StatusOK, templates.FormPolicy, func(out io.Writer) error { return e.Pages.Templates.Form(out, page) })
}

// enter takes a code and hands the person to the application's flow.
func (e *Endpoint) enter(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	err := r.ParseForm()
	switch {
	case base.Environment.DeviceFlow != "": // a page that was open when the environment got its flow
		return e.run(w, r, base, "")
	case err != nil || !web.OwnPage(r, base):
		return e.ask(w, base, "", good)
	}
	typed := r.PostForm.Get(inputCode)
	found, fault, err := e.guess(r, base, typed)
	switch {
	case err != nil:
		return err
	case fault != good:
		return e.ask(w, base, typed, fault)
	}
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	return e.signOn(w, r, agent, found, &store.Outcome{Device: found.Key.String()})
}

// guess finds the device of a code, or says why not.
func (e *Endpoint) guess(r *http.Request, base tenant.Base, typed string) (found *Found, fault problem, err error) {
	found, locked, err := e.Desk.Look(r.Context(), Guess{
		EnvironmentID: base.Environment.ID, Code: typed, From: e.Address(r), Now: e.Agents.Now(),
		Ours: func(issuer string) bool { return issuer == base.Issuer() },
	})
	switch {
	case err != nil:
		return nil, good, err
	case locked:
		return nil, braked, nil
	case found == nil:
		return nil, wrongCode, nil
	}
	return found, good, nil
}

// flowOf is the application's own flow.
func flowOf(app *tenant.Application, environment *tenant.Environment) string {
	if len(app.FlowPolicies) > 0 {
		return app.FlowPolicies[0]
	}
	return environment.DefaultFlow
}

// signOn runs the application's flow. Said is what the environment's flow for devices came to, or, without a session, the device alone.
func (e *Endpoint) signOn(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, found *Found, said *store.Outcome) error {
	app := found.Application
	kept, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("keep device: %w", err)
	}
	ask := flowhost.Ask{Flow: flowOf(app, agent.Base.Environment), Resume: kept, Request: e.Flows.RequestOf(r), Application: app.Name, Return: resumePath}
	ask.Request.ClientID = app.ClientID
	ask.Request.Scopes = scopesOf(found.Authorization)
	begun, err := e.Flows.Begin(r.Context(), agent, w.Header(), ask)
	switch {
	case errors.Is(err, flowhost.ErrTooMany):
		return e.tooMany(w, agent.Base)
	case err != nil:
		return err
	}
	if begun.Outcome == nil {
		return web.Redirect(w, r, begun.Location)
	}
	return e.conclude(w, r, agent, said, begun.Outcome)
}

// tooMany: more sign-ons are in progress than the server is willing to keep.
func (e *Endpoint) tooMany(w http.ResponseWriter, base tenant.Base) error {
	w.Header().Set("Retry-After", "60")
	return e.tell(w, base, http.StatusServiceUnavailable, "Too many people sign on at this moment", "Wait a minute and enter the code again.")
}

// resume serves the return of a flow.
func (e *Endpoint) resume(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	agent, err := e.Agents.Recognise(r, base)
	if err != nil {
		return err
	}
	run, foreign, err := e.Flows.FindRun(r, agent)
	switch {
	case err != nil:
		return err
	case foreign:
		return e.Flows.AlreadyDone(w, base, templates.OtherBrowser)
	case run == nil || run.Return != resumePath:
		return e.Flows.AlreadyDone(w, base, templates.Finished)
	case run.Outcome == nil:
		return web.Redirect(w, r, base.URL("/signon/?flowId="+r.URL.Query().Get("flowId")))
	}
	first, err := e.Flows.TakeBack(r.Context(), run)
	if err != nil {
		return err
	}
	if !first {
		return e.Flows.AlreadyDone(w, base, templates.Finished)
	}
	var said store.Outcome
	if err := json.Unmarshal(run.Request, &said); err != nil {
		return fmt.Errorf("decode kept device: %w", err)
	}
	if said.Device == "" {
		return e.ended(w, r, agent, run.Outcome)
	}
	return e.conclude(w, r, agent, &said, run.Outcome)
}

// conclude goes on after the application's flow: it says why nobody is signed on, or asks whether the device is the person's. Where the environment's
// flow asked that, the same person is not asked again, and another one is not let past it.
func (e *Endpoint) conclude(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, said, outcome *store.Outcome) error {
	id := outcome.SessionID
	if id == nil || agent.Session == nil || agent.Session.ID != *id || said.SessionID != nil && *said.SessionID != *id {
		return e.tell(w, agent.Base, http.StatusOK, "You are not signed on", "The device was not let in. Enter its code again to try once more.")
	}
	key, _ := device.ParseKey(said.Device)
	if said.SessionID == nil {
		return e.question(w, r, agent, question{key, outcome})
	}
	return e.letIn(w, r, agent, key, both(said, outcome))
}

// tell shows a page at the end of the way.
func (e *Endpoint) tell(w http.ResponseWriter, base tenant.Base, status int, title, message string) error {
	return e.Pages.Fail(w, base, status, templates.ErrorPage{Title: title, Message: message})
}
