package am

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"vigil/engine/graph"
	"vigil/engine/run"
	"vigil/iframe"
	"vigil/internal/flowhost"
	"vigil/internal/store"
	"vigil/internal/tenant"
)

// Other providers are chosen and visited as AM's "Select Identity Provider" and "Social Provider Handler" nodes have it: a SelectIdPCallback, then
// a RedirectCallback, then the same authId once more, with the code and the state that the browser brought to the application.

// localAuthentication is the provider of the SelectIdPCallback that stands for the rest of the form.
const localAuthentication = "localAuthentication"

// offeredProvider is one of a SelectIdPCallback.
type offeredProvider struct {
	Provider string            `json:"provider"`
	UIConfig map[string]string `json:"uiConfig,omitempty"`
}

// providers asks which other provider to go to. Those whose fields have no address to leave at are not offered.
func (q *question) providers(page run.Page, leaving map[string]string) {
	offered, fields := []offeredProvider{}, map[string]string{}
	for i := range page.Fields {
		f := &page.Fields[i]
		if f.Type != graph.ExternalField || leaving[f.Name] == "" {
			continue
		}
		name := f.Provider
		if _, twice := fields[name]; twice {
			name = f.Name
		}
		fields[name] = f.Name
		offered = append(offered, offeredProvider{name, map[string]string{"buttonDisplayName": f.Label, "buttonClass": "", "iconClass": ""}})
	}
	switch {
	case len(offered) == 0:
		return
	case len(page.Buttons) > 0 || len(fields) < len(page.Fields):
		offered = append(offered, offeredProvider{Provider: localAuthentication})
	}
	q.add("SelectIdPCallback", &asked{providers: fields}, []named{{"providers", offered}, {"value", ""}}, "")
}

// only is the field of a page that asks for one other provider and nothing else. Empty: it asks for more, or has something to say.
func only(page run.Page, leaving map[string]string) string {
	if len(page.Fields) != 1 || len(page.Buttons) > 0 || page.Wait != nil || page.Message+page.Notice+page.Show+page.QR != "" || leaving[page.Fields[0].Name] == "" {
		return ""
	}
	return page.Fields[0].Name
}

// redirect sends the browser to the provider of a field.
func (e *Endpoint) redirect(s *step, shown *flowhost.Interaction, field string) error {
	address := e.Flows.Leaving(s.base, shown)[field]
	if address == "" {
		return fail(s.w, http.StatusBadRequest, "The callbacks do not answer what was asked: there is no way back from that provider")
	}
	return e.send(s, shown, redirectTo(address), field)
}

// redirectTo is the callback that leads to an address.
func redirectTo(address string) []callback {
	q := question{}
	q.add("RedirectCallback", nil, []named{{"redirectUrl", address}, {"redirectMethod", http.MethodGet}, {"trackingCookie", true}})
	return q.callbacks
}

// comeBack takes what a browser brought back from a provider: the code and the state stand in the query, the callbacks are those of redirect.
func (e *Endpoint) comeBack(s *step, shown *flowhost.Interaction, field string) error {
	if len(s.body.Callbacks) != 1 || s.body.Callbacks[0].Type != "RedirectCallback" {
		return fail(s.w, http.StatusBadRequest, "The callbacks do not answer what was asked: a RedirectCallback was asked")
	}
	query, name := s.r.URL.Query(), shown.ID()
	code := query.Get("code")
	if code == "" {
		return e.redirect(s, shown, field)
	}
	if query.Get("state") != name || !strings.HasPrefix(code, name+".") {
		return timedOut(s.w)
	}
	kept, input, err := e.Flows.HandIn(s.r.Context(), s.agent, code)
	switch {
	case err != nil:
		return err
	case kept == nil:
		return timedOut(s.w)
	}
	shown.Run = kept
	return e.answer(s, shown, input)
}

// backOf is where the browser comes back to from another provider: the redirect URI that the request names, else the first that an application of
// the realm registered at the origin that asks. Nil: there is none.
func backOf(r *http.Request, base tenant.Base) *store.Back {
	origin, wanted := r.Header.Get("Origin"), r.URL.Query().Get("redirect_uri")
	for _, app := range base.Environment.Applications {
		if !app.Enabled {
			continue
		}
		candidates := app.RedirectURIs
		if wanted != "" {
			candidates = []string{wanted}
		}
		for _, uri := range candidates {
			at, err := iframe.Origin(uri)
			if !strings.Contains(uri, "*") && app.AllowsRedirect(uri) && (origin == "" && wanted != "" || err == nil && at == origin) {
				return &store.Back{ClientID: app.ClientID, URL: uri, Code: true}
			}
		}
	}
	return nil
}

// left reads which provider was chosen. Empty: none.
func (a *asked) left(value string) (field string, err error) {
	if value == "" || value == localAuthentication {
		return "", nil
	}
	field, known := a.providers[value]
	if !known {
		return "", fmt.Errorf("%q is none of its providers", value)
	}
	return field, nil
}

// isExternal reports whether a field of a page leads to another provider.
func isExternal(page run.Page, name string) bool {
	return slices.ContainsFunc(page.Fields, func(f run.PageField) bool { return f.Name == name && f.Type == graph.ExternalField })
}
