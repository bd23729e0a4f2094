package tenant

import (
	"net/url"
	"slices"
	"strings"
)

// AM says how an environment speaks to applications that were written for ForgeRock AM or PingOne Advanced Identity Cloud.
type AM struct {
	Context    string // the first part of its paths: /am, /openam
	CookieName string // of the cookie, and of the header, that hold the session token
	Realms     []*Realm
	// EnvironmentRealm names the realm that is the environment: it has its sessions in common with PingOne's surface. Each other realm has
	// sessions of its own. Empty: the first of Realms.
	EnvironmentRealm string
}

// Realm is an environment, or a part of it that has sessions of its own: its people are those of the environment, its applications are those that
// name it and those that name none.
type Realm struct {
	Name string // "/" for the root, "/alpha", "/alpha/sub"
	// SessionManagement off: no check-session page, no sign-off, no session_state and no back-channel logout (seeds 000, 002).
	SessionManagement bool
	// ResponseTypePlugins are AM's: type|class. Types that are not among them are not served.
	ResponseTypePlugins []string
	// SessionProperties are the names that applications may read and set on the session of a token they hold (AM's allow-list).
	SessionProperties []string
	// Administrators are the names of the people who see and end everybody's sessions in the realm, and those of the root in all realms.
	Administrators []string

	path        string // below the context, /realms/root/realms/alpha
	part        bool   // it is not the environment: nobody elsewhere sees its sessions
	environment *Environment
}

// RootRealm is the name of the realm above all others.
const RootRealm = "/"

// NonePlugin turns response_type=none on (seed 000).
const NonePlugin = "none|org.forgerock.oauth2.core.NoneResponseTypeHandler"

// Path is the long form of the realm in addresses: /realms/root/realms/alpha.
func (r *Realm) Path() string { return r.path }

// Serves reports whether a plug-in of the realm answers a response type, spelled as the protocol does.
func (r *Realm) Serves(responseType string) bool {
	return slices.ContainsFunc(r.ResponseTypePlugins, func(plugin string) bool {
		name, _, _ := strings.Cut(plugin, "|")
		return name == responseType
	})
}

// Realm finds a realm by name. Nil: there is none, or the environment does not speak AM.
func (e *Environment) Realm(name string) *Realm {
	if e.AM == nil {
		return nil
	}
	for _, r := range e.AM.Realms {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// indexRealms gives every realm its path and its applications, and every application its switch.
func (e *Environment) indexRealms() {
	if e.AM == nil {
		return
	}
	for i, r := range e.AM.Realms {
		r.part = r.Name != e.AM.EnvironmentRealm && (e.AM.EnvironmentRealm != "" || i > 0)
		r.path = "/realms/root"
		for _, part := range strings.Split(strings.Trim(r.Name, "/"), "/") {
			if part != "" {
				r.path += "/realms/" + part
			}
		}
		part := *e
		part.Applications, part.byClientID = nil, map[string]*Application{}
		for _, a := range e.Applications {
			if a.Realm == "" || a.Realm == r.Name {
				part.Applications, part.byClientID[a.ClientID] = append(part.Applications, a), a
			}
		}
		r.environment = &part
	}
	for _, a := range e.Applications {
		e.manage(a)
	}
}

// manage gives an application its switch.
func (e *Environment) manage(a *Application) {
	a.unmanaged = e.AM != nil && !slices.ContainsFunc(e.AM.Realms, func(r *Realm) bool {
		return r.SessionManagement && (a.Realm == "" || a.Realm == r.Name)
	})
}

// Scopes are the realms with sessions of their own.
func (e *Environment) Scopes() []string {
	var scopes []string
	if e.AM != nil {
		for _, r := range e.AM.Realms {
			if r.part {
				scopes = append(scopes, r.Name)
			}
		}
	}
	return scopes
}

// surface is the environment as PingOne's surface shows it: applications of a realm with sessions of its own are not known there.
func (e *Environment) surface() *Environment {
	scopes := e.Scopes()
	if !slices.ContainsFunc(e.Applications, func(a *Application) bool { return slices.Contains(scopes, a.Realm) }) {
		return e
	}
	shown := *e
	shown.byClientID = map[string]*Application{}
	for _, a := range e.Applications {
		if !slices.Contains(scopes, a.Realm) {
			shown.byClientID[a.ClientID] = a
		}
	}
	return &shown
}

// SessionManaged reports whether the application may watch sessions and be told of their ends: some realm that has it lets it. Without AM all may.
func (a *Application) SessionManaged() bool { return !a.unmanaged }

// InRealm gives the same place seen through a realm: another issuer, and the realm's applications.
func (b Base) InRealm(r *Realm) Base {
	if r == nil {
		return b
	}
	b.Realm, b.Environment = r, r.environment
	b.issuer = b.Origin + b.Prefix + b.Environment.AM.Context + "/oauth2" + r.path
	return b
}

// RegistrationURL is where an application that registered itself looks after its registration: AM's register resource names it in the query.
func (b Base) RegistrationURL(clientID string) string {
	if b.Realm == nil {
		return b.URL("/as/register/" + clientID)
	}
	return b.issuer + "/register?client_id=" + url.QueryEscape(clientID)
}

// Scope names whose sessions are seen here: those of a realm that is a part of its environment. Empty: those of the environment.
func (b Base) Scope() string {
	if b.Realm == nil || !b.Realm.part {
		return ""
	}
	return b.Realm.Name
}

// Surface is the path before the endpoints that check-session pages use: that of the realm whose sessions are seen here, else PingOne's.
func (b Base) Surface() string {
	if b.Scope() == "" {
		return b.Prefix + "/as"
	}
	return b.Prefix + b.Environment.AM.Context + "/oauth2" + b.Realm.path
}

// For gives the place at which an application knows the provider: the realm it is limited to, else b itself.
func (b Base) For(a *Application) Base {
	if a.Realm == "" {
		return b
	}
	return b.InRealm(b.Environment.Realm(a.Realm))
}

// Serves reports whether a response type, such as code or none, is served here. PingOne's surface serves all.
func (b Base) Serves(responseType string) bool { return b.Realm == nil || b.Realm.Serves(responseType) }

// SessionManaged reports whether sessions are watched here by an application.
func (b Base) SessionManaged(a *Application) bool {
	return a.SessionManaged() && (b.Realm == nil || b.Realm.SessionManagement)
}
