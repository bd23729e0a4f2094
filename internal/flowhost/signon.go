package flowhost

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"vigil/engine/connector"
	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/internal/store"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
	"vigil/templates"
)

// maxForm bounds an answer, in bytes.
const maxForm = 64 << 10

// The inputs that go with every form beside the flow's own; a field's name begins with a letter.
const (
	inputNode    = "_node"
	inputVersion = "_version"
)

// Mount registers the pages of flows.
func (h *Host) Mount(r *web.Router) {
	for _, path := range []string{"/signon", "/signon/"} {
		r.GET(path, h.show)
		r.POST(path, h.answer)
	}
	r.GET(waitPath, h.showWaiting)
	r.GET(linkPath, h.showLink)
	r.POST(linkPath, h.openLink)
	r.GET(linkDone, h.showAnswered)
	r.GET(callbackPath+":provider", h.comeBack)
	r.GET(leavePath, h.goAway)
}

// show answers GET /signon: the present page of a run.
func (h *Host) show(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if useragent.Prefetch(r) {
		return web.NotAhead(w)
	}
	agent, found, err := h.open(w, r, base)
	if err != nil || found == nil {
		return err
	}
	if found.Outcome != nil {
		return web.Redirect(w, r, resumeAt(base, found))
	}
	return h.redisplay(w, r, agent, found)
}

// answer takes POST /signon: one step of a run.
func (h *Host) answer(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	if err := web.PostForm(w, r, maxForm); err != nil {
		return h.damaged(w, base)
	}
	agent, found, err := h.open(w, r, base)
	if err != nil || found == nil {
		return err
	}
	if !web.OwnPage(r, base) {
		return h.foreign(w, base)
	}
	if found.Outcome != nil {
		return web.Redirect(w, r, resumeAt(base, found))
	}
	if r.PostForm.Get(inputVersion) != strconv.Itoa(found.Version) {
		// An older page of this run, from the history or from another tab: show where the run is now.
		return web.Redirect(w, r, base.URL("/signon/?flowId="+spell(found.ID)))
	}
	if agent.Session != nil {
		h.Sessions.Touch(agent.Session.ID, agent.Now)
		agent.Session.Touch(agent.Now)
		agent.Activity(w.Header())
	}
	return h.step(w, r, agent, found)
}

func (h *Host) damaged(w http.ResponseWriter, base tenant.Base) error {
	return h.Pages.Fail(w, base, http.StatusBadRequest, templates.ErrorPage{Title: "That answer could not be read", Message: "The form that was sent is too large or damaged."})
}

func (h *Host) foreign(w http.ResponseWriter, base tenant.Base) error {
	return h.Pages.Fail(w, base, http.StatusForbidden, templates.ErrorPage{Title: "That answer came from elsewhere", Message: "Answers are taken from pages of this site only."})
}

// open finds the run of a request. Nil without an error: a page was shown that says why there is none.
func (h *Host) open(w http.ResponseWriter, r *http.Request, base tenant.Base) (*useragent.Agent, *store.Run, error) {
	base, err := h.PlaceOf(r, base)
	if err != nil {
		return nil, nil, err
	}
	agent, err := h.Agents.Recognise(r, base)
	if err != nil {
		return nil, nil, err
	}
	found, foreign, err := h.FindRun(r, agent)
	if err != nil || found != nil {
		return agent, found, err
	}
	reason := templates.Expired
	if foreign {
		reason = templates.OtherBrowser
	}
	return nil, nil, h.Over(w, r, agent, reason)
}

// Over is AlreadyDone for the run that a request names, with a way back to its application.
func (h *Host) Over(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, reason templates.Reason) error {
	page := templates.AlreadyDonePage{Page: web.Frame(agent.Base), Reason: reason}
	clientID, err := h.clientOf(r, agent)
	if err != nil {
		return err
	}
	if app := agent.Base.Environment.Application(clientID); app != nil {
		page.Continue = templates.Link{Label: app.Name, URL: app.Beginning(agent.Base.For(app).Issuer())}
	}
	return h.showDone(w, http.StatusGone, page)
}

// clientOf is the application that a run was for. Of one that nobody remembers it is the only one that the browser's session is known to. Empty: who knows.
func (h *Host) clientOf(r *http.Request, agent *useragent.Agent) (clientID string, err error) {
	var kept *store.Run
	if id, ok := named(r); ok {
		err = h.KV.View(r.Context(), func(reader kv.Reader) (err error) {
			kept, err = store.FindRun(reader, id)
			return err
		})
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("read run: %w", err)
	case kept != nil && agent.HoldsRun(kept):
		var request connector.Request
		err = request.UnmarshalBinary(kept.FlowRequest)
		return request.ClientID, err
	case agent.Session != nil && len(agent.Session.Applications) == 1:
		return agent.Session.Applications[0], nil
	}
	return "", nil
}

// AlreadyDone shows why a sign-on cannot go on here.
func (h *Host) AlreadyDone(w http.ResponseWriter, base tenant.Base, reason templates.Reason) error {
	return h.showDone(w, http.StatusGone, templates.AlreadyDonePage{Page: web.Frame(base), Reason: reason})
}

func (h *Host) showDone(w http.ResponseWriter, status int, page templates.AlreadyDonePage) error {
	return web.Show(w, status, templates.ContentSecurityPolicy, func(out io.Writer) error { return h.Pages.Templates.AlreadyDone(out, page) })
}

// resume reads what a kept run needs to go on.
func (h *Host) resume(r *http.Request, agent *useragent.Agent, kept *store.Run) (flow *graph.Flow, state run.State, env run.Environment, err error) {
	if flow, err = h.Flows.Pinned(r.Context(), kept.Flow, kept.FlowHash); err != nil {
		return nil, state, env, err
	}
	if err = state.UnmarshalBinary(kept.State); err != nil {
		return nil, state, env, err
	}
	var request connector.Request
	if err = request.UnmarshalBinary(kept.FlowRequest); err != nil {
		return nil, state, env, err
	}
	env, err = h.surroundings(r.Context(), agent, kept, request)
	return flow, state, env, err
}

func (h *Host) redisplay(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, kept *store.Run) error {
	flow, state, env, err := h.resume(r, agent, kept)
	if err != nil {
		return err
	}
	page, err := h.Machine.Redisplay(flow, state, env, agent.Now)
	if errors.Is(err, run.ErrTimedOut) {
		return h.Over(w, r, agent, templates.Expired)
	}
	if err != nil {
		return fmt.Errorf("show page of flow %q: %w", kept.Flow, err)
	}
	if page.Wait != nil {
		return h.move(w, r, agent, kept, run.Input{Node: page.Node, Poll: true})
	}
	return h.render(w, r, agent.Base, kept, page)
}

// step takes an answer that a page of ours sent.
func (h *Host) step(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, kept *store.Run) error {
	if left, err := h.leave(w, r, agent, kept); left || err != nil {
		return err
	}
	return h.move(w, r, agent, kept, inputOf(r))
}

// move takes a run one step on and shows where it is then.
func (h *Host) move(w http.ResponseWriter, r *http.Request, agent *useragent.Agent, kept *store.Run, input run.Input) error {
	page, err := h.advance(r, agent, w.Header(), advance{run: kept, input: input})
	switch {
	case errors.Is(err, errStale):
		return web.Redirect(w, r, agent.Base.URL("/signon/?flowId="+spell(kept.ID)))
	case err != nil:
		return err
	case page == nil:
		return web.Redirect(w, r, resumeAt(agent.Base, kept))
	}
	return h.render(w, r, agent.Base, kept, *page)
}

func inputOf(r *http.Request) run.Input {
	in := run.Input{Node: r.PostForm.Get(inputNode), Button: r.PostForm.Get(templates.ButtonInput), Values: map[string]string{}}
	for name, values := range r.PostForm {
		if !strings.HasPrefix(name, "_") {
			in.Values[name] = values[0]
		}
	}
	return in
}

func (h *Host) render(w http.ResponseWriter, r *http.Request, base tenant.Base, kept *store.Run, page run.Page) error {
	p, err := h.pose(r.Context(), base, kept, page)
	if err != nil {
		return err
	}
	return h.renderAt(w, base, kept, p, base.Prefix+"/signon/?flowId="+spell(kept.ID))
}

// renderAt shows a page whose answer goes to a path.
func (h *Host) renderAt(w http.ResponseWriter, base tenant.Base, kept *store.Run, p posed, action string) error {
	page, form := p.page, p.form
	form.Page, form.Application, form.Action = web.Unspoken(base), kept.Application, action
	form.Hidden = []templates.Hidden{
		{Name: inputNode, Value: page.Node},
		{Name: inputVersion, Value: strconv.Itoa(kept.Version)},
	}
	form.Language, form.Follow = page.Language, followed(base, kept)
	if page.Wait != nil {
		form.Wait = &templates.Wait{Poll: base.Prefix + waitPath + "?flowId=" + spell(kept.ID), Next: action, Every: page.Wait.Every}
	}
	return web.Show(w, http.StatusOK, form.Policy(), func(out io.Writer) error { return h.Pages.Templates.Form(out, form) })
}

// formOf shows the machine's page as the template wants it.
func formOf(page run.Page) templates.FormPage {
	form := templates.FormPage{
		Title: page.Title, Text: page.Text, Notice: page.Notice, Error: page.Message, ErrorField: page.MessageField,
		Image: page.Image, Layout: page.Layout, QR: page.QR, Show: page.Show,
	}
	form.Fields = make([]templates.Field, 0, len(page.Fields))
	for _, f := range page.Fields {
		field := templates.Field{
			Name: f.Name, Type: templates.FieldType(f.Type), Label: f.Label, Hint: f.Hint, Value: f.Value,
			Required: f.Required, Autocomplete: f.Autocomplete, Error: f.Message, Puzzle: f.Puzzle,
		}
		for _, o := range f.Options {
			field.Options = append(field.Options, templates.Option{Value: o.Value, Label: o.Label})
		}
		form.Fields = append(form.Fields, field)
	}
	form.Buttons = make([]templates.Button, 0, len(page.Buttons))
	for _, b := range page.Buttons {
		form.Buttons = append(form.Buttons, templates.Button{Name: b.Name, Label: b.Label, Link: b.Link})
	}
	return form
}
