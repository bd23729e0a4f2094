package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"

	"vigil/internal/tenant"
	"vigil/templates"
)

// record writes the access log: method, path and status, never a query, which may hold codes and hints.
func (r *Router) record(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		req := c.Request()
		path, began := req.URL.Path, r.now()
		c.Response().Header()["X-Content-Type-Options"] = nosniff
		if err := next(c); err != nil {
			c.Error(err)
		}
		took := r.now().Sub(began)
		if r.counts != nil {
			r.counts.Request(req.Method, c.Path(), c.Response().Status, took)
		}
		if !r.log.Enabled(req.Context(), slog.LevelInfo) {
			return nil
		}
		r.log.Info("request", "method", req.Method, "host", clip(req.Host), "path", clip(path),
			"status", c.Response().Status, "took", took)
		return nil
	}
}

// nosniff is what answers share, see ofPages.
var nosniff = []string{"nosniff"}

// maxLogged bounds what a stranger writes into one line of the log, in bytes.
const maxLogged = 200

func clip(text string) string {
	if len(text) > maxLogged {
		return text[:maxLogged] + "…"
	}
	return text
}

// recover keeps a panic to its own request.
func (r *Router) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				if fault, is := p.(error); is && errors.Is(fault, http.ErrAbortHandler) {
					panic(p)
				}
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return next(c)
	}
}

// allowedHeaders are what Ping's clients and our own send beyond the safe ones.
const allowedHeaders = "authorization, content-type, dpop, accept, accept-api-version, interactionid, interactiontoken, " +
	"x-requested-with, x-requested-platform, x-vigil-activity"

// allowed are the headers that pages may send to a host.
//
// AM: Authentication and sessions over REST: the token and credentials come as headers.
func allowed(environment *tenant.Environment) string {
	if environment.AM == nil {
		return allowedHeaders
	}
	return allowedHeaders + ", x-openam-username, x-openam-password, " + strings.ToLower(environment.AM.CookieName)
}

// cors lets pages of registered origins read answers, and answers their preflights. It returns true when nothing is left to do.
// What is the same for everyone may be read by everyone; the iframe's page is none of it.
//
// Fetch, section 3.3 "CORS protocol".
func (r *Router) cors(c echo.Context, base tenant.Base) (done bool) {
	req, h := c.Request(), c.Response().Header()
	origin := req.Header.Get("Origin")
	if public(req.URL.Path) {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Add("Vary", "Origin")
		if origin == "" || !base.Environment.AllowsOrigin(origin) {
			return preflight(c)
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		// RFC 9449 8.2: pages need to read the nonce and why a proof was refused; AM's, which version answered.
		h.Set("Access-Control-Expose-Headers", "DPoP-Nonce, WWW-Authenticate, Content-API-Version")
	}
	if req.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		h.Set("Access-Control-Allow-Headers", allowed(base.Environment))
		h.Set("Access-Control-Max-Age", "600")
	}
	return preflight(c)
}

// preflight ends a preflight: without the headers above it is a refusal.
func preflight(c echo.Context) bool {
	req := c.Request()
	if req.Method != http.MethodOptions || req.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	c.Response().WriteHeader(http.StatusNoContent)
	return true
}

// public answers are the same for everyone.
func public(path string) bool {
	return path == "/as/jwks" || strings.HasSuffix(path, "/connect/jwk_uri") || strings.Contains(path, "/.well-known/")
}

func splitList(s string) []string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func errorPage(title, message string) templates.ErrorPage {
	return templates.ErrorPage{Title: title, Message: message}
}
