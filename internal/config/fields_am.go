package config

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigil/internal/tenant"
)

var (
	amContext = regexp.MustCompile(`^/[A-Za-z0-9_-]{1,64}$`)
	realmName = regexp.MustCompile(`^/$|^(/[A-Za-z0-9_-]{1,64}){1,8}$`)
	plugin    = regexp.MustCompile(`^[a-z_]+\|[A-Za-z0-9_.$]+$`)
	property  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,63}$`)
	tokenName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$") // RFC 6265 4.1.1: a token
)

func realmNames() kind[string] {
	return that(text("a realm"), realmName, `write "/" for the root realm, /alpha for one below it`)
}

// amFields are how an environment speaks to applications that were written for AM.
func amFields() []field[tenant.AM] {
	return []field[tenant.AM]{
		at("context", that(text("a path"), amContext, "one part, such as /am or /openam"), func(a *tenant.AM) *string { return &a.Context },
			"the first part of AM's paths").or("/am"),
		at("cookieName", that(text("a cookie's name"), tokenName, "letters, digits and hyphens"), func(a *tenant.AM) *string { return &a.CookieName },
			"the cookie, and the header, that hold the session token").or("iPlanetDirectoryPro"),
		at("realms", list("a list of realms", pointer(mapping("a realm", realmFields(), nil))), func(a *tenant.AM) *[]*tenant.Realm { return &a.Realms },
			"what applications see of the environment").orElse("the root realm alone"),
		at("environmentRealm", realmNames(), func(a *tenant.AM) *string { return &a.EnvironmentRealm },
			"the realm whose sessions are those of PingOne's surface; every other realm has sessions of its own").orElse("the first of the realms"),
	}
}

func realmFields() []field[tenant.Realm] {
	return []field[tenant.Realm]{
		at("name", realmNames(), func(r *tenant.Realm) *string { return &r.Name }, `"/" for the root realm, /alpha for one below it`).must(),
		at("sessionManagement", flag(), func(r *tenant.Realm) *bool { return &r.SessionManagement },
			"off: no checkSession and endSession, no session_state and no back-channel logout").or("true"),
		at("responseTypePlugins", set("a list of plug-ins", that(text("a plug-in"), plugin, "write type|class as AM does: "+tenant.NonePlugin)), func(r *tenant.Realm) *[]string { return &r.ResponseTypePlugins },
			"the response types that are served; add "+tenant.NonePlugin+" for checks of the session").or(`["code|org.forgerock.oauth2.core.AuthorizationCodeResponseTypeHandler", "id_token|org.forgerock.openidconnect.IdTokenResponseTypeHandler", "token|org.forgerock.oauth2.core.TokenResponseTypeHandler"]`),
		at("sessionProperties", set("a list of names", that(text("a property's name"), property, "a letter, then letters, digits, dots, hyphens and underscores")), func(r *tenant.Realm) *[]string { return &r.SessionProperties },
			"what applications may read and set on a session (AM's Session Property Allowlist)"),
		at("administrators", set("a list of user names", text("a user name")), func(r *tenant.Realm) *[]string { return &r.Administrators },
			"the people who may query and end everybody's sessions of the realm at /json/sessions; those of the root realm, of every realm"),
	}
}

// checkAM looks at AM's dialect as a whole: realms have names of their own, and what a switch takes away is said.
func checkAM(r *reader, n *yaml.Node, path string, a *tenant.AM) {
	if len(a.Realms) == 0 && r.sound(path+".realms") {
		var root yaml.Node
		if err := yaml.Load([]byte(`{name: "/"}`), &root); err == nil {
			realm, _ := pointer(mapping("a realm", realmFields(), nil)).read(&reader{places: map[string]*yaml.Node{}, failed: map[string]bool{}}, root.Content[0], "")
			a.Realms = []*tenant.Realm{realm}
		}
	}
	claims := claims{r: r, first: map[string]string{}}
	for i, realm := range a.Realms {
		at := item(path+".realms", i)
		claims.add(realm.Name, "the realm "+realm.Name, at+".name")
		if slices.Contains(realm.SessionProperties, "AMCtxId") && r.sound(at+".sessionProperties") {
			r.fault(r.at(at+".sessionProperties", n), ruleValue, "AMCtxId is the server's own property").Hint = "it can be read without being listed"
		}
		if !realm.SessionManagement && r.sound(at+".sessionManagement") {
			r.warn(r.at(at+".sessionManagement", n), ruleIneffective,
				"session management is off in realm %s: no check-session page, no sign-off by endSession, no session_state, and no back-channel logout", realm.Name)
		}
	}
	if a.EnvironmentRealm != "" && r.sound(path+".environmentRealm", path+".realms") && !slices.ContainsFunc(a.Realms, func(known *tenant.Realm) bool { return known.Name == a.EnvironmentRealm }) {
		r.fault(r.at(path+".environmentRealm", n), ruleValue, "there is no realm %s in this environment", shown(a.EnvironmentRealm)).Hint = "the realms are listed under realms:"
	}
	if slices.Contains(reserved, a.Context[min(1, len(a.Context)):]) {
		r.fault(r.at(path+".context", n), ruleValue, "%s stands for something else in addresses", shown(a.Context)).Hint = "choose another context"
	}
	if slices.Contains([]string{"ST", "OPUAS", "RUN"}, strings.TrimPrefix(a.CookieName, "__Host-")) {
		r.fault(r.at(path+".cookieName", n), ruleTwice, "%s is a cookie of the server's already", shown(a.CookieName))
	}
}

// checkRealms holds the realms that applications name to those that are there.
func checkRealms(r *reader, n *yaml.Node, path string, e *Environment) {
	for i, a := range e.Applications {
		at := item(path+".applications", i) + ".realm"
		if a.Realm != "" && r.sound(path+".am", at) && !slices.ContainsFunc(realmsOf(e), func(known string) bool { return known == a.Realm }) {
			r.fault(r.at(at, n), ruleValue, "there is no realm %s in this environment", shown(a.Realm)).Hint = "the realms are listed under am: realms:"
		}
	}
}

func realmsOf(e *Environment) (names []string) {
	if e.AM != nil {
		for _, realm := range e.AM.Realms {
			names = append(names, realm.Name)
		}
	}
	return names
}
