package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"vigil/internal/metrics"
	"vigil/internal/oidc"
	"vigil/internal/seldom"
	"vigil/internal/store/kv"
	"vigil/internal/tenant"
)

// Handler serves one request for the environment of base. An error becomes a JSON error or a page, see fail.
type Handler func(w http.ResponseWriter, r *http.Request, base tenant.Base) error

// Router registers handlers once for every environment: a path such as /as/token answers on
// {host}/as/token of a custom domain and on {sharedHost}/{envID}/as/token.
type Router struct {
	echo    *echo.Echo
	tenants *tenant.Tenants
	pages   Pages
	log     *slog.Logger
	now     func() time.Time
	proxies []netip.Prefix
	country string // a header
	counts  *metrics.Metrics

	handlers  map[string]Handler // by method, space, path
	strangers *seldom.Line       // of requests for names of nobody
	speaks    func(r *http.Request, wanted []string) string
}

// Speak says in which language pages of ours answer a request, see tenant.Base. It is called before the first request.
func (r *Router) Speak(language func(r *http.Request, wanted []string) string) { r.speaks = language }

// Options of a Router.
type Options struct {
	Tenants *tenant.Tenants
	Pages   Pages
	Log     *slog.Logger
	Now     func() time.Time
	// TrustedProxies are the peers whose X-Forwarded-For is believed. Empty: nobody's.
	TrustedProxies []netip.Prefix
	// CountryHeader is where trusted proxies say from which country a request comes. Empty: nobody says.
	CountryHeader string
	// Metrics count the answers. Nil: nobody counts.
	Metrics *metrics.Metrics
}

// call is a request on its way through Echo, with the environment that it is for.
type call struct {
	http.ResponseWriter
	base tenant.Base // without an Environment: for none
}

// Unwrap lets an http.ResponseController reach what the server gave.
func (c *call) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// callOf finds the request of a context of ServeHTTP.
func callOf(c echo.Context) *call { return c.Response().Writer.(*call) } //nolint:forcetypeassert // Nobody else makes contexts.

// NewRouter makes a Router without routes.
func NewRouter(o Options) *Router {
	r := &Router{echo: echo.New(), tenants: o.Tenants, pages: o.Pages, log: o.Log, now: o.Now, proxies: o.TrustedProxies, country: o.CountryHeader, counts: o.Metrics, handlers: map[string]Handler{}}
	r.strangers = &seldom.Line{Log: o.Log, Now: o.Now, Every: time.Minute}
	r.echo.HideBanner, r.echo.HidePort = true, true
	r.echo.HTTPErrorHandler = r.fail
	r.echo.IPExtractor = func(req *http.Request) string { return r.Address(req).String() }
	r.echo.Pre(r.record, r.recover, r.findBase)
	return r
}

// ServeHTTP makes a Router an http.Handler.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.echo.ServeHTTP(&call{ResponseWriter: w}, req)
}

// Handle registers h for a method and a path.
func (r *Router) Handle(method, path string, h Handler) {
	r.handlers[method+" "+path] = h
	r.echo.Add(method, path, func(c echo.Context) error {
		at := callOf(c)
		if at.base.Environment == nil {
			return echo.ErrNotFound
		}
		return h(c.Response(), c.Request(), at.base)
	})
}

// Registered gives what answers a path, so that a dialect can serve it under another. Nil: nothing does.
func (r *Router) Registered(method, path string) Handler { return r.handlers[method+" "+path] }

// WrongMethod is what a handler returns for a method that a path does not answer.
//
// RFC 9110 15.5.6: Allow lists those that it does.
func WrongMethod(w http.ResponseWriter, allowed ...string) error {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return echo.ErrMethodNotAllowed
}

// NothingHere is the error of an address at which there is nothing.
func NothingHere() error { return echo.ErrNotFound }

// GET registers h for GET alone: what changes something, such as a sign-off by link, is not to happen to whoever only asks with HEAD.
func (r *Router) GET(path string, h Handler) { r.Handle(http.MethodGet, path, h) }

// Read registers h for GET and HEAD: what may be asked for without anything happening.
//
// RFC 9110 9.2.1: GET and HEAD are safe.
func (r *Router) Read(path string, h Handler) {
	r.Handle(http.MethodGet, path, h)
	r.Handle(http.MethodHead, path, h)
}

// POST registers h for POST.
func (r *Router) POST(path string, h Handler) { r.Handle(http.MethodPost, path, h) }

// Plain registers a handler that belongs to no environment, such as files and health checks.
func (r *Router) Plain(path string, h http.Handler) {
	r.echo.GET(path, echo.WrapHandler(h))
	r.echo.HEAD(path, echo.WrapHandler(h))
}

// findBase tells which environment a request is for and takes the environment out of its path.
func (r *Router) findBase(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		req := c.Request()
		base, rest, ok := r.tenants.Find(req.Host, req.URL.Path)
		if !ok || base.Called != "" && !direct(rest) {
			return next(c)
		}
		if r.speaks != nil {
			base.Language = func(wanted ...string) string { return r.speaks(req, wanted) }
		}
		callOf(c).base = base
		// In place: Echo routes by the request that it was given.
		if base.Prefix != "" {
			req.URL.Path, req.URL.RawPath = rest, ""
		}
		if r.cors(c, base) {
			return nil
		}
		return next(c)
	}
}

// direct reports whether a path is one that applications call themselves, without a browser.
func direct(path string) bool {
	return slices.Contains([]string{"/as/token", "/as/par", "/as/introspect", "/as/revoke", "/as/device_authorization", "/as/userinfo"}, path)
}

// fail answers what a handler could not: protocol errors as JSON, everything else as a page without details.
func (r *Router) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	w, req := c.Response(), c.Request()
	if protocol := (*oidc.Error)(nil); errors.As(err, &protocol) {
		if protocol.HTTPStatus() >= http.StatusInternalServerError {
			r.log.Error("request failed", "path", req.URL.Path, "error", err)
		}
		writeJSON(w, protocol)
		return
	}
	status, title, message := explain(err)
	if status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		r.log.Error("request failed", "path", req.URL.Path, "error", err)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	base := callOf(c).base
	ok := base.Environment != nil
	switch {
	case ok && status == http.StatusNotFound && public(req.URL.Path):
		writeJSON(w, oidc.NewError("not_found", "there is nothing at this address").WithStatus(status))
		return
	case ok:
	case status == http.StatusNotFound && !r.tenants.KnowsHost(req.Host):
		r.unknownHost(w, req)
		return
	default:
		http.Error(w, title, status)
		return
	}
	if err := r.pages.Fail(w, base, status, errorPage(title, message)); err != nil {
		r.log.Error("error page failed", "error", err)
	}
}

// explain says what an error is to a stranger.
func explain(err error) (status int, title, message string) {
	routing := (*echo.HTTPError)(nil)
	switch {
	case kv.TryLater(err), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, "Busy just now", "Please try again in a moment. Nothing was lost."
	case errors.As(err, &routing) && routing.Code == http.StatusMethodNotAllowed:
		return routing.Code, "Not this way", "This address takes no requests of this kind."
	case errors.As(err, &routing) && routing.Code < http.StatusInternalServerError:
		return routing.Code, "Nothing here", "There is nothing at this address."
	}
	return http.StatusInternalServerError, "Something went wrong", "It was noted here. Please try again."
}

// writeJSON answers with a protocol error.
//
// RFC 6749 5.2: JSON, never cached.
func writeJSON(w http.ResponseWriter, e *oidc.Error) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(e.HTTPStatus())
	_, _ = w.Write(e.JSON())
}

// Address is where a request comes from: the peer, or what the trusted proxies before us say.
func (r *Router) Address(req *http.Request) netip.Addr {
	peer := parseAddress(req.RemoteAddr)
	forwarded := req.Header.Values("X-Forwarded-For")
	for i := len(forwarded) - 1; i >= 0; i-- {
		hops := splitList(forwarded[i])
		for j := len(hops) - 1; j >= 0; j-- {
			if !r.trusted(peer) {
				return peer
			}
			hop := parseAddress(hops[j])
			if !hop.IsValid() {
				return peer
			}
			peer = hop
		}
	}
	return peer
}

// Country is where a request comes from, as two capital letters, if a trusted proxy says so. Empty: nobody does, or it is not known.
//
// ISO 3166-1: alpha-2 codes; XX and T1 are what proxies write of addresses that they cannot place.
func (r *Router) Country(req *http.Request) string {
	said := req.Header.Values(r.country)
	if r.country == "" || len(said) != 1 || len(said[0]) != 2 || !r.trusted(parseAddress(req.RemoteAddr)) {
		return ""
	}
	code := strings.ToUpper(said[0])
	if code == "XX" || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return code
}

func (r *Router) trusted(peer netip.Addr) bool {
	for _, p := range r.proxies {
		if p.Contains(peer) {
			return true
		}
	}
	return false
}

func parseAddress(text string) netip.Addr {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}
