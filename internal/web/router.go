package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"vigil/internal/tenant"
)

// Handler serves one request for the environment of base. An error becomes a JSON error or a page, see Router.
type Handler func(w http.ResponseWriter, r *http.Request, base tenant.Base) error

// Router registers handlers once for every environment: a path such as /as/token answers on
// {host}/as/token of a custom domain and on {sharedHost}/{envID}/as/token.
type Router struct {
	echo    *echo.Echo
	tenants *tenant.Tenants
}

const baseKey = "base"

// Handle registers h for a method and a path.
func (r *Router) Handle(method, path string, h Handler) {
	r.echo.Add(method, path, func(c echo.Context) error {
		base, ok := c.Get(baseKey).(tenant.Base)
		if !ok {
			return echo.ErrNotFound
		}
		return h(c.Response(), c.Request(), base)
	})
}

// GET registers h for GET and HEAD.
func (r *Router) GET(path string, h Handler) {
	r.Handle(http.MethodGet, path, h)
	r.Handle(http.MethodHead, path, h)
}

// POST registers h for POST.
func (r *Router) POST(path string, h Handler) { r.Handle(http.MethodPost, path, h) }

// findBase strips the environment from the path before routing.
func (r *Router) findBase(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		req := c.Request()
		if base, rest, ok := r.tenants.Find(req.Host, req.URL.Path); ok {
			c.Set(baseKey, base)
			if base.Prefix != "" {
				u := *req.URL
				u.Path, u.RawPath = rest, ""
				req = req.Clone(req.Context())
				req.URL = &u
				c.SetRequest(req)
			}
		}
		return next(c)
	}
}
