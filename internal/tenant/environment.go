package tenant

import "time"

// Environment is one tenant: its hosts, its applications, its people and its rules.
type Environment struct {
	ID    string // in the path of the shared host: /{envID}/as/…
	Name  string
	Hosts []string // origins of its custom domains, such as https://sso.example.com

	Applications []*Application

	Cookies CookieSettings
	Keys    KeySettings
	// SignOffQuestion: "ask" (default; RP-Initiated Logout 1.0, section 2) or "never" (PingOne's immediate redirect).
	SignOffQuestion string
	// SessionDeleteSignal: "push" (default) or "none" (PingOne's way: a deletion by the API is not signalled).
	SessionDeleteSignal string
	// AllowPrivateLogoutAddresses: logout tokens may go to loopback and private networks.
	AllowPrivateLogoutAddresses bool
	// DefaultFlow serves applications without flow policies.
	DefaultFlow string
	// DeviceFlow, or a policy of that name, serves people who type the code of a device. Empty: a page of ours, and then the application's flow.
	DeviceFlow string
	// RegistrationFlow, or a policy of that name, serves prompt=create. Empty: there is no such prompt.
	RegistrationFlow string
	// FlowPolicies share sign-ons among flows. A name that none of them has is that of a flow.
	FlowPolicies []FlowPolicy
	// AM: the environment also speaks AM's dialect. Nil: it does not.
	AM *AM
	// IdentityProviders are those that people may sign on with too.
	IdentityProviders []*IdentityProvider
	// PasskeyRelyingParty is the relying party id of hosts at or below it. Empty: every host has its own.
	PasskeyRelyingParty string
	// HTTPHosts are the servers that flows may call. Empty: none.
	HTTPHosts []HTTPHost
	// Mail is how e-mail is sent. Nil: it is not.
	Mail *Mail
	// Resources are the interfaces that access tokens are made for, beside userinfo.
	Resources []Resource
	// Settings are what flows read as `settings.x`.
	Settings map[string]any
	// Secrets are what flows hand on as `secrets.x`. Never logged.
	Secrets map[string]string
	// CertificateHost is an origin beside the first of Hosts at which the proxy asks for certificates. Applications call it, browsers never do.
	// Empty: there is none.
	CertificateHost string
	// Registration lets applications register themselves. Nil: they cannot.
	Registration *Registration

	byClientID map[string]*Application
	registry   Registry // nil: nobody registers
}

// CookieSettings of an environment.
type CookieSettings struct {
	// BareNames: PingOne's names ST and OPUAS on custom domains too, instead of __Host-ST and __Host-OPUAS.
	BareNames bool
	// NonPersistent: the session token goes with the browser (PingOne's useNonPersistentSessionTokenCookie).
	NonPersistent bool
	// SameSiteNone: SameSite=None instead of Lax, for applications on other sites.
	SameSiteNone bool
}

// PersistentLifetime is the longest life of a cookie that browsers grant.
const PersistentLifetime = 400 * 24 * time.Hour

// Values of SignOffQuestion and SessionDeleteSignal.
const (
	SignOffAsk   = "ask"
	SignOffNever = "never"
	SignalPush   = "push"
	SignalNone   = "none"
)

// Application finds a relying party by client_id. Nil: there is none, or it is disabled.
func (e *Environment) Application(clientID string) *Application {
	a := e.byClientID[clientID]
	switch {
	case a == nil && e.registry != nil:
		return e.registry.Application(e.ID, clientID)
	case a == nil || !a.Enabled:
		return nil
	}
	return a
}

// AllowsOrigin reports whether pages of an origin may read answers of this environment: some application of it lets them.
func (e *Environment) AllowsOrigin(origin string) bool {
	for _, a := range e.Applications {
		if a.Enabled && a.AllowsOrigin(origin) {
			return true
		}
	}
	return origin != "" && e.registry != nil && e.registry.AllowsOrigin(e.ID, origin)
}

// AllowsPostLogoutRedirect reports whether some application registered an address for after sign-off.
func (e *Environment) AllowsPostLogoutRedirect(uri string) bool {
	for _, a := range e.Applications {
		if a.Enabled && a.AllowsPostLogoutRedirect(uri) {
			return true
		}
	}
	return e.registry != nil && e.registry.AllowsPostLogoutRedirect(e.ID, uri)
}
