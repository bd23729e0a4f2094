package am

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"vigil/internal/clientauth"
	"vigil/internal/flowhost"
	"vigil/internal/hint"
	"vigil/internal/keys"
	"vigil/internal/op/discovery"
	"vigil/internal/op/signoff"
	"vigil/internal/tenant"
	"vigil/internal/useragent"
	"vigil/internal/web"
)

// Endpoint speaks AM's dialect. Mount it after everything else. All fields are required.
type Endpoint struct {
	Tenants *tenant.Tenants
	Agents  *useragent.Agents
	Flows   *flowhost.Host
	Parking *useragent.Parking
	Hints   hint.Reader
	SignOff *signoff.Endpoint
	Keys    *keys.Set
	Clients *clientauth.Authenticator
	// Supported is what PingOne's surface says of itself.
	Supported discovery.Supported
	// UserOf finds a person by name. Empty: there is none.
	UserOf func(ctx context.Context, environmentID, username string) (userID string, err error)
	// Secret derives the secret of an environment for a purpose.
	Secret func(environmentID, purpose string) [32]byte
	Pages  web.Pages
	Log    *slog.Logger

	oauth map[string]web.Handler // by method and path below the realm
}

// Mount registers every context that an environment uses.
func (e *Endpoint) Mount(r *web.Router) {
	e.oauth = map[string]web.Handler{
		"GET /authorize": e.authorize(r.Registered(http.MethodGet, "/as/authorize")), "POST /authorize": e.authorize(r.Registered(http.MethodPost, "/as/authorize")),
		"GET /connect/checkSession": e.checkSession(r.Registered(http.MethodGet, "/as/checksession")), "POST /connect/checkSession": e.checkSession(r.Registered(http.MethodGet, "/as/checksession")),
		"GET /connect/endSession": e.endSession, "POST /connect/endSession": e.endSession,
		"GET /connect/idpEndSession": e.endSession, "POST /connect/idpEndSession": e.endSession,
		"GET /.well-known/openid-configuration": e.metadata, "GET /device/user": device, "POST /idtokeninfo": e.idTokenInfo,
	}
	// What differs from PingOne's surface by its address alone. The last two are asked by the check-session page of a realm with sessions of its own.
	for path, other := range map[string]string{
		"POST /access_token": "/as/token", "GET /userinfo": "/as/userinfo", "POST /userinfo": "/as/userinfo",
		"POST /introspect": "/as/introspect", "POST /token/revoke": "/as/revoke", "GET /connect/jwk_uri": "/as/jwks", "POST /par": "/as/par",
		"POST /register": "/as/register", "POST " + deviceCode: "/as/device_authorization",
		"GET /checksession/registered": "/as/checksession/registered", "GET /session/events": "/as/session/events",
	} {
		method, _, _ := strings.Cut(path, " ")
		if h := r.Registered(method, other); h != nil {
			e.oauth[path] = h
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		if h := r.Registered(method, registrations+"/:client"); h != nil {
			e.oauth[method+" /register"] = registration(h)
		}
	}
	known := map[string]bool{}
	for _, environment := range e.Tenants.Environments {
		if am := environment.AM; am != nil && !known[am.Context] {
			known[am.Context] = true
			for _, method := range methods() {
				r.Handle(method, am.Context+"/oauth2/*", e.serveOAuth(am.Context))
				r.Handle(method, am.Context+"/json/*", e.serveJSON(am.Context))
			}
		}
	}
}

// serveOAuth serves what lies below {context}/oauth2.
func (e *Endpoint) serveOAuth(context string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
		realm, path, _ := placeOf(base.Environment, r, context+"/oauth2", func(path string) bool { return e.oauth["GET "+path] != nil || e.oauth["POST "+path] != nil })
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		h, allowed := e.oauth[method+" "+path], e.allowed(path)
		switch {
		case base.Environment.AM == nil || base.Environment.AM.Context != context || len(allowed) == 0:
			return web.NothingHere()
		case h == nil:
			return web.WrongMethod(w, allowed...)
		case realm == nil && path == "/connect/checkSession":
			// The manual names it without a realm, discovery with one (AIC: rest-api-oidc-checksession-endpoint).
			return h(w, r, base)
		case realm == nil:
			return web.NothingHere()
		}
		base = base.InRealm(realm)
		if (path == deviceCode || path == "/device/user") && base.Scope() != "" {
			// The person's page is one for the whole host, and signs on in the environment itself.
			return web.NothingHere()
		}
		return h(w, r, base)
	}
}

// methods are those that something below {context} answers.
func methods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}
}

// allowed are the methods that a path below a realm answers. None: there is nothing.
func (e *Endpoint) allowed(path string) (allowed []string) {
	for _, method := range methods() {
		if e.oauth[method+" "+path] != nil {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// registrations is where applications look after their registrations on PingOne's surface.
const registrations = "/as/register"

// registration serves AM's spelling of that address, with the client's id in the query (AM: Manage OAuth 2.0 clients).
func registration(h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
		id := r.URL.Query().Get("client_id")
		if id == "" || strings.Contains(id, "/") {
			return web.NothingHere()
		}
		named := r.Clone(r.Context())
		named.URL.Path, named.URL.RawPath, named.URL.RawQuery = registrations+"/"+id, "", ""
		return h(w, named, base)
	}
}

// trusted reports whether what a request asks may be told to the page that sends it. These resources tell the session itself, which is good for
// every application; so pages of applications that registered themselves are told nothing.
//
// RFC 6454 4: an origin is compared to the letter.
func trusted(r *http.Request, base tenant.Base) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || origin == base.Origin || base.Environment.NamesOrigin(origin) || !base.Environment.AllowsOrigin(origin)
}

const deviceCode = "/device/code"

// device leads a person who follows AM's address to the page for codes.
func device(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
	location := base.URL("/as/device")
	if r.URL.RawQuery != "" {
		location += "?" + r.URL.RawQuery
	}
	return web.Redirect(w, r, location)
}

// serveJSON serves what lies below {context}/json.
func (e *Endpoint) serveJSON(context string) web.Handler {
	resources := map[string]web.Handler{
		"POST /sessions": e.sessions, "GET /sessions": e.querySessions, "POST /authenticate": e.authenticate,
		"GET /serverinfo/*": e.serverInfo, "GET /serverinfo/cookieDomains": e.cookieDomains,
	}
	known := func(path string) bool { return resources["POST "+path] != nil || resources["GET "+path] != nil }
	return func(w http.ResponseWriter, r *http.Request, base tenant.Base) error {
		realm, path, root := placeOf(base.Environment, r, context+"/json", known)
		h := resources[r.Method+" "+path]
		// Clients ask the root realm for the name of the cookie before they know any other.
		nowhere := realm == nil && !(root && strings.HasPrefix(path, "/serverinfo/"))
		switch {
		case base.Environment.AM == nil || base.Environment.AM.Context != context || nowhere || !known(path):
			return fail(w, http.StatusNotFound, "Resource '"+strings.TrimPrefix(path, "/")+"' not found")
		case h == nil:
			for _, method := range methods() {
				if resources[method+" "+path] != nil {
					w.Header().Add("Allow", method) // RFC 9110 15.5.6
				}
			}
			return fail(w, http.StatusMethodNotAllowed, "Method not allowed")
		case !trusted(r, base):
			return fail(w, http.StatusForbidden, "Forbidden")
		}
		return h(w, r, base.InRealm(realm))
	}
}
