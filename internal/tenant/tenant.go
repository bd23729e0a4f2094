package tenant

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tenants are all environments and how requests find them.
type Tenants struct {
	Environments []*Environment
	// Shared are the origins on which every environment is served under /{envID}.
	Shared []string

	custom map[string]Base   // by host[:port] of a custom domain
	origin map[string]string // host[:port] -> origin, custom and shared
	byID   map[string]*Environment
	shown  map[string]*Environment // by id, as PingOne's surface shows them
}

// Base is where a request met an environment. It decides issuer, cookies and links.
type Base struct {
	Environment *Environment
	Origin      string // https://sso.example.com, from the configuration and never from the request
	Prefix      string // empty on a custom domain, "/{envID}" on a shared host
	Realm       *Realm // the part of the environment that AM's dialect names. Nil: PingOne's surface, or no dialect
	// Called is the CertificateHost, where the request came to that and not to Origin: only what applications call is served. Empty: Origin.
	Called string

	// Language is in which one pages of ours speak to whoever asks: BCP 47, empty for English. Wanted are those that the application asks for, by
	// preference, where the request itself does not say (ui_locales). Nil: English.
	Language func(wanted ...string) string

	issuer string
}

// New indexes environments and refuses hosts or ids that two of them claim.
func New(environments []*Environment, shared []string) (*Tenants, error) {
	t := &Tenants{
		Environments: environments, Shared: shared,
		custom: map[string]Base{}, origin: map[string]string{}, byID: map[string]*Environment{}, shown: map[string]*Environment{},
	}
	for _, origin := range shared {
		t.origin[hostOf(origin)] = origin
	}
	for _, e := range environments {
		if err := t.add(e); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Tenants) add(e *Environment) error {
	if t.byID[e.ID] != nil {
		return fmt.Errorf("environment %q is declared twice", e.ID)
	}
	t.byID[e.ID] = e
	e.byClientID = make(map[string]*Application, len(e.Applications))
	for _, a := range e.Applications {
		if e.byClientID[a.ClientID] != nil {
			return fmt.Errorf("environment %q: clientId %q is declared twice", e.ID, a.ClientID)
		}
		a.index()
		e.byClientID[a.ClientID] = a
	}
	e.indexRealms()
	shown := e.surface()
	t.shown[e.ID] = shown
	for _, origin := range e.Hosts {
		host := hostOf(origin)
		if _, taken := t.origin[host]; taken {
			return fmt.Errorf("host %q is claimed twice", host)
		}
		t.custom[host], t.origin[host] = Base{Environment: shown, Origin: origin, issuer: origin + "/as"}, origin
	}
	if e.CertificateHost == "" || len(e.Hosts) == 0 {
		return nil
	}
	host, main := hostOf(e.CertificateHost), e.Hosts[0]
	if _, taken := t.origin[host]; taken {
		return fmt.Errorf("host %q is claimed twice", host)
	}
	t.custom[host], t.origin[host] = Base{Environment: shown, Origin: main, Called: e.CertificateHost, issuer: main + "/as"}, e.CertificateHost
	return nil
}

// Find gives the environment that a request for host (with its port, if any) and path is for, and the rest of the path.
func (t *Tenants) Find(host, path string) (base Base, rest string, ok bool) {
	host = strings.ToLower(host)
	if base, custom := t.custom[host]; custom {
		return base, path, true
	}
	origin, shared := t.origin[host]
	if !shared || !strings.HasPrefix(path, "/") {
		return Base{}, "", false
	}
	before, after := "", path
	if strings.HasPrefix(path, wellKnown) {
		// RFC 8414 3: the issuer's path comes after the well-known one.
		if name := strings.IndexByte(path[len(wellKnown):], '/'); name >= 0 {
			before, after = path[:len(wellKnown)+name], path[len(wellKnown)+name:]
		}
	}
	id, _, _ := strings.Cut(after[1:], "/")
	e := t.shown[id]
	if e == nil {
		return Base{}, "", false
	}
	prefix := after[:len(id)+1]
	return Base{Environment: e, Origin: origin, Prefix: prefix, issuer: origin + prefix + "/as"}, before + after[len(id)+1:], true
}

// At gives the base of an environment on an origin, as Find does for requests. False: it is not served there.
func (t *Tenants) At(environmentID, origin string) (base Base, ok bool) {
	base, _, ok = t.Find(hostOf(origin), "/"+environmentID+"/")
	return base, ok && base.Environment.ID == environmentID
}

const wellKnown = "/.well-known/"

// KnowsHost reports whether a custom domain or a shared host answers to host.
func (t *Tenants) KnowsHost(host string) bool {
	_, ok := t.origin[strings.ToLower(host)]
	return ok
}

// KnownHosts are all that KnowsHost knows, as host[:port], sorted.
func (t *Tenants) KnownHosts() []string { return slices.Sorted(maps.Keys(t.origin)) }

// Environment finds an environment by id. Nil: none.
func (t *Tenants) Environment(id string) *Environment { return t.byID[id] }

// SigningAlgorithms are what the applications of an environment want to be signed with. Some may come twice.
func (t *Tenants) SigningAlgorithms(environmentID string) []string {
	e := t.byID[environmentID]
	if e == nil {
		return nil
	}
	var algs []string
	for _, a := range e.Applications {
		for _, alg := range []string{a.IDTokenSigningAlg, a.UserinfoSignedResponseAlg, a.AuthorizationSignedResponseAlg, a.IntrospectionSignedResponseAlg} {
			if alg != "" {
				algs = append(algs, alg)
			}
		}
	}
	if e.Registration != nil {
		// What registers later chooses among all that discovery names.
		algs = append(algs, "ES256", "RS256", "PS256", "EdDSA")
	}
	return algs
}

// Issuer is the issuer identifier of this base: one environment has several.
func (b Base) Issuer() string { return b.issuer }

// URL is an absolute address under this base; path begins with a slash.
func (b Base) URL(path string) string { return b.Origin + b.Prefix + path }

// CalledURL is the absolute address that a request to a path named, where URL is the one that is told.
func (b Base) CalledURL(path string) string {
	if b.Called != "" {
		return b.Called + path
	}
	return b.URL(path)
}

// CookiePath keeps environments on a shared host from seeing each other's cookies.
func (b Base) CookiePath() string {
	if b.Prefix == "" {
		return "/"
	}
	return b.Prefix
}

// CookiePrefix goes before every cookie name.
//
// RFC 6265bis 4.1.3.2: __Host- needs Secure, Path=/ and no Domain, so a sibling sub-domain can plant nothing.
func (b Base) CookiePrefix() string {
	prefix := "__Host-"
	if b.Prefix != "" || b.Environment.Cookies.BareNames {
		prefix = ""
	}
	if scope := b.Scope(); scope != "" {
		// Realms have names of letters, digits, - and _, and slashes between them.
		prefix += strings.ReplaceAll(strings.TrimPrefix(scope, "/"), "/", "~") + "."
	}
	return prefix
}

// hostOf gives host[:port] of an origin.
func hostOf(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return strings.ToLower(host)
}
