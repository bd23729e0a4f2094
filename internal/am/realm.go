package am

import (
	"net/http"
	"strings"

	"vigil/internal/tenant"
)

// placeOf reads which realm a request is for, and the path below it. AM spells the same realm in four ways: /realms/root/realms/alpha,
// /realms/alpha, /alpha, and ?realm=/alpha. Nil: there is no such realm. Root: it is for the root realm, which AM always has.
func placeOf(environment *tenant.Environment, r *http.Request, before string, known func(path string) bool) (realm *tenant.Realm, path string, root bool) {
	var name string
	path = strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, before), "/")
	long, rest, spelled := longForm(path)
	switch {
	case spelled:
		name, path = long, rest
	case known(path):
		name = "/" + strings.Trim(r.URL.Query().Get("realm"), "/")
	default:
		name, path = shortForm(path, known)
	}
	return environment.Realm(name), path, name == tenant.RootRealm || name == ""
}

// longForm takes /realms/… off the beginning of a path.
func longForm(path string) (name, rest string, spelled bool) {
	for strings.HasPrefix(path, "/realms/") {
		part, after, _ := strings.Cut(path[len("/realms/"):], "/")
		if part != "root" || spelled {
			name += "/" + part
		}
		path, spelled = "", true
		if after != "" {
			path = "/" + after
		}
	}
	if name == "" {
		name = tenant.RootRealm
	}
	return name, path, spelled
}

// shortForm takes names off the beginning of a path until something known is left.
func shortForm(path string, known func(path string) bool) (name, rest string) {
	rest = path
	for rest != "" && !known(rest) {
		part, after, more := strings.Cut(rest[1:], "/")
		name, rest = name+"/"+part, ""
		if more {
			rest = "/" + after
		}
	}
	return name, rest
}
