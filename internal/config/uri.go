package config

import (
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigil/engine/diag"
	"vigil/iframe"
)

// uri reads an absolute address without fragment, user name or wildcard. Which schemes an application may use is checked when its type is known.
func uri() kind[string] {
	return checked(starredURI(), func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		if !strings.Contains(v, "*") {
			return nil
		}
		return r.refuseStar(n, v)
	})
}

// refuseStar: RFC 9700 4.1.3: exact comparison, no patterns.
func (r *reader) refuseStar(n *yaml.Node, v string) *diag.Diagnostic {
	d := r.fault(n, ruleURI, "%s has a wildcard", shown(v))
	d.Hint = "list every address: they are compared character by character"
	return d
}

// star is where a wildcard may stand: within the first label of a host that has two more, or within one segment of the path.
var star = regexp.MustCompile(`^https://([a-z0-9-]*\*[a-z0-9-]*(\.[a-z0-9-]+){2,}(:[0-9]+)?(/[^*]*)?|[^*/]+/([^*?]*/)?[A-Za-z0-9_-]*\*[A-Za-z0-9_-]*(/[^*]*)?)$`)

// checkStar judges a redirect URI with a wildcard and gives what it stands for an example of.
func (c registration) checkStar(n *yaml.Node, v string) (example string, ok bool) {
	switch {
	case !strings.Contains(v, "*"):
		return v, true
	case !c.a.AllowWildcardInRedirectURIs:
		if c.sound("allowWildcardInRedirectUris") {
			c.r.refuseStar(n, v)
		}
		return "", false
	case !star.MatchString(v):
		c.r.fault(n, ruleURI, "the wildcard in %s is not where one may be", shown(v)).Hint = "one star, within the first label of an https host or within one segment of the path"
		return "", false
	}
	return strings.Replace(v, "*", "x", 1), true
}

// starredURI is uri with wildcards, for addresses that are judged again when their application is known.
func starredURI() kind[string] {
	return checked(text("an absolute URI"), func(r *reader, n *yaml.Node, v string) *diag.Diagnostic {
		u, err := url.Parse(v)
		if strings.Contains(v, "@") {
			r.hidden = append(r.hidden, n)
			return r.fault(n, ruleURI, "an address with an @ cannot be registered: what stands before it may be a password")
		}
		switch {
		case err != nil || u.Scheme == "" || strings.ContainsAny(v, ` \"<>`+"`"):
			d := r.fault(n, ruleURI, "%s is not an absolute URI", shown(v))
			d.Hint = "write it with its scheme: https://app.example.com/callback"
			return d
		case strings.Contains(v, "#"): // RFC 6749 3.1.2: it must not include a fragment component
			return r.fault(n, ruleURI, "%s has a fragment, which no redirect may carry", shown(v))
		}
		return nil
	})
}

// privateScheme is a reversed domain name.
//
// RFC 8252 7.1: private-use schemes contain at least one period.
var privateScheme = regexp.MustCompile(`^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+$`)

// checkRedirect judges an address that browsers are sent to.
func (r *reader) checkRedirect(n *yaml.Node, v string, native bool) {
	scheme, _, _ := strings.Cut(v, ":")
	switch lower := strings.ToLower(scheme); {
	case lower == "https" || lower == "http":
		r.checkWeb(n, withoutUsualPort(v))
	case !native:
		r.fault(n, ruleURI, "%s does not begin with https", shown(v)).Hint = "use https, or http on loopback; other schemes are for native applications"
	case !privateScheme.MatchString(scheme):
		r.fault(n, ruleURI, "%s is not a private-use scheme", shown(scheme)).Hint = "write your domain backwards, in lower case: com.example.app:/callback"
	}
}

// withoutUsualPort takes the port away that the scheme has anyway. An address for redirects may spell it, as seed 000 does: browsers leave it
// out when they go there, and requests for it are still compared character by character.
func withoutUsualPort(v string) string {
	for scheme, port := range map[string]string{"https://": ":443", "http://": ":80"} {
		if !strings.HasPrefix(v, scheme) {
			continue
		}
		end := len(scheme) + strings.IndexAny(v[len(scheme):]+"/", "/?")
		return strings.TrimSuffix(v[:end], port) + v[end:]
	}
	return v
}

// checkWeb wants an http(s) address to have an origin in the spelling of browsers, and https except on loopback.
func (r *reader) checkWeb(n *yaml.Node, v string) {
	canonical, err := iframe.Origin(v)
	if err != nil {
		r.fault(n, ruleOrigin, "%s has no origin that a browser would accept", shown(v))
		return
	}
	rest, same := strings.CutPrefix(v, canonical)
	if !same || rest != "" && !strings.ContainsAny(rest[:1], "/?") {
		r.fault(n, ruleOrigin, "%s is not how browsers write its origin", shown(v)).Hint = "begin it with " + canonical
		return
	}
	r.refuseScheme(n, v, canonical)
}

// originOf gives the origin of an http(s) address, empty for any other.
func originOf(v string) string {
	o, err := iframe.Origin(v)
	if err != nil {
		return ""
	}
	return o
}
