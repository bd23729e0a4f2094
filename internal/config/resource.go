package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigil/internal/tenant"
)

// resourceFields are the interfaces that access tokens are made for.
func resourceFields() []field[tenant.Resource] {
	return []field[tenant.Resource]{
		at("audience", text("a text"), func(r *tenant.Resource) *string { return &r.Audience },
			"aud of its access tokens, and what the parameter resource names; best its address (RFC 8707)").must(),
		at("scopes", set("a list of scopes", that(text("a scope"), scopeToken, "printable ASCII without space, quote or backslash")), func(r *tenant.Resource) *[]string { return &r.Scopes },
			"the scopes that belong to it; list them in the scopes of applications too").must(),
	}
}

// personal are the scopes that the provider itself gives a meaning.
func personal() []string {
	return []string{"openid", "profile", "email", "address", "phone", "offline_access"}
}

// checkResources wants every audience and every scope to be of one resource.
func checkResources(r *reader, n *yaml.Node, path string, e *Environment) {
	claims := claims{r: r, first: map[string]string{}}
	for i, resource := range e.Resources {
		at := item(path+".resources", i)
		claims.add("audience "+resource.Audience, "the audience "+shown(resource.Audience), at+".audience")
		for j, scope := range resource.Scopes {
			where := item(at+".scopes", j)
			claims.add("scope "+scope, "the scope "+shown(scope), where)
			if slices.Contains(personal(), scope) {
				r.fault(r.at(where, n), ruleValue, "the scope %s is the provider's own", scope)
			}
		}
		own := func(host string) bool { return strings.HasPrefix(resource.Audience, host) }
		if slices.ContainsFunc(e.Hosts, own) {
			r.fault(r.at(at+".audience", n), ruleValue, "%s is on a host of this server: its tokens would be taken for the server's own", shown(resource.Audience))
		}
		if len(resource.Scopes) == 0 && r.sound(at+".scopes") {
			r.fault(r.at(at+".scopes", n), ruleValue, "a resource without a scope can never be asked for")
		}
	}
}
