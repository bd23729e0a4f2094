package checksession

import (
	"maps"
	"net/http"
	"sync"

	"vigil/iframe"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// Endpoint serves the iframe.
type Endpoint struct {
	mu    sync.Mutex
	pages map[string]*page // by origin and surface of the base
}

type page struct {
	html   []byte
	etag   string
	header http.Header // answers share its lists
}

// Mount registers the endpoint.
func (e *Endpoint) Mount(r *web.Router) {
	r.Read("/as/checksession", e.serve)
	r.Read("/as/checksession/registered", e.registered)
}

// serve answers with the page: the same bytes for everyone on this host.
//
// OIDC Session 3: the OP iframe.
func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	p := e.page(base)
	maps.Copy(w.Header(), p.header)
	if r.Header.Get("If-None-Match") == p.etag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, err := w.Write(p.html)
	return err
}

func (e *Endpoint) page(base tenant.Base) *page {
	key := base.Origin + base.Surface()
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.pages[key]; p != nil {
		return p
	}
	var digests []string
	for _, a := range base.Environment.Applications {
		if base.Environment.Application(a.ClientID) == a && a.OpSessionCheckEnabled && a.SessionManaged() {
			for _, origin := range a.Origins() {
				digests = append(digests, iframe.Digest(a.ClientID, origin))
			}
		}
	}
	p := &page{header: http.Header{}}
	var header map[string]string
	p.html, p.etag, header = iframe.Page(iframe.PageConfig{
		Prefix: base.CookiePrefix(), Path: base.CookiePath(), SameSite: useragent.SameSite(base), Digests: digests,
		Registered: base.Surface() + "/checksession/registered", Events: base.Surface() + "/session/events",
	})
	for name, value := range header {
		p.header.Set(name, value)
	}
	if e.pages == nil {
		e.pages = map[string]*page{}
	}
	e.pages[key] = p
	return p
}

// registered tells the page, and nobody else, whether a pair beyond those it carries may ask.
func (e *Endpoint) registered(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	query := r.URL.Query()
	app := base.Environment.Application(query.Get("client_id"))
	answer := `{"registered":false}`
	if app != nil && app.OpSessionCheckEnabled && app.SessionManaged() && app.AllowsOrigin(query.Get("origin")) {
		answer = `{"registered":true}`
	}
	_, err := w.Write([]byte(answer))
	return err
}
