package tenant

import "slices"

// Resource is an interface that access tokens are made for, beside userinfo.
type Resource struct {
	Audience string   // aud of its tokens, and what the parameter resource names
	Scopes   []string // that belong to it and to no other
}

// Target is what an access token is made for.
type Target struct {
	Audiences []string // never empty
	Scope     []string // those that mean something there
}

// Target finds what an access token with some of the scopes of an application is made for: the resources that are named, else all that the
// scopes belong to. What belongs to no resource belongs to the issuer, whose userinfo it is for. False: a resource is unknown, has none of the
// scopes, or there are several although the application may only ask for one at a time.
//
// RFC 8707 2, RFC 9068 3.
func (b Base) Target(a *Application, scope, named []string) (Target, bool) {
	owners := make([]string, len(scope))
	for i, s := range scope {
		owners[i] = b.owner(s)
	}
	t := Target{Audiences: slices.Compact(slices.Clone(named))}
	if len(named) == 0 {
		t.Audiences = b.ordered(owners)
	}
	others := 0
	for _, audience := range t.Audiences {
		if len(scope) > 0 && !slices.Contains(owners, audience) || len(scope) == 0 && audience != b.Issuer() {
			return Target{}, false
		}
		if audience != b.Issuer() {
			others++
		}
	}
	for i, s := range scope {
		if slices.Contains(t.Audiences, owners[i]) {
			t.Scope = append(t.Scope, s)
		}
	}
	return t, others <= 1 || a.RequestScopesForMultipleResourcesEnabled
}

// owner is the audience that a scope belongs to.
func (b Base) owner(scope string) string {
	for _, r := range b.Environment.Resources {
		if slices.Contains(r.Scopes, scope) {
			return r.Audience
		}
	}
	return b.Issuer()
}

// ordered gives each of some audiences once: the issuer first, then as the environment lists them. Nothing is the issuer.
func (b Base) ordered(owners []string) []string {
	var all []string
	if len(owners) == 0 || slices.Contains(owners, b.Issuer()) {
		all = append(all, b.Issuer())
	}
	for _, r := range b.Environment.Resources {
		if slices.Contains(owners, r.Audience) {
			all = append(all, r.Audience)
		}
	}
	return all
}
