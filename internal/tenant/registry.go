package tenant

import "slices"

// Registration says under which conditions applications of an environment register themselves while the server runs (RFC 7591).
type Registration struct {
	Limit   int // so many of them there may be at a time
	PerHour int // so many may come within an hour
	// GrantTypes and Scopes are what they may have at most.
	GrantTypes []string
	Scopes     []string
	// Consent is asked for all of them, as Application.Consent is.
	Consent string
}

// Registry knows the applications that registered themselves. Every question is answered from the store as it is now, so what another
// process registered or deleted is seen at once. Applications of the configuration win.
type Registry interface {
	// Application finds one by client_id. Nil: there is none.
	Application(environmentID, clientID string) *Application
	// AllowsOrigin reports whether pages of an origin may speak for one of them.
	AllowsOrigin(environmentID, origin string) bool
	// AllowsPostLogoutRedirect reports whether one of them registered an address for after sign-off.
	AllowsPostLogoutRedirect(environmentID, uri string) bool
}

// Use lets every environment with a Registration know the applications of a registry beside its own. It comes before the first request.
func (t *Tenants) Use(r Registry) {
	for _, e := range t.Environments {
		if e.Registration == nil {
			continue
		}
		e.registry, t.shown[e.ID].registry = r, r
		if e.AM == nil {
			continue
		}
		for _, realm := range e.AM.Realms {
			realm.environment.registry = r
		}
	}
}

// Adopt readies an application that is not among Applications for use in the environment.
func (e *Environment) Adopt(a *Application) {
	a.index()
	e.manage(a)
}

// NamesOrigin is AllowsOrigin without the applications that registered themselves: whoever may register chooses their origins alone.
func (e *Environment) NamesOrigin(origin string) bool {
	return slices.ContainsFunc(e.Applications, func(a *Application) bool { return a.Enabled && a.AllowsOrigin(origin) })
}

// Names reports whether an application is one that the operator named, and did not register itself.
func (e *Environment) Names(a *Application) bool { return e.byClientID[a.ClientID] == a }
