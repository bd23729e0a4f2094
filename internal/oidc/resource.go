package oidc

import "net/url"

// maxResources bounds how many resources one request names.
const maxResources = 8

// readResources reads the resources that a request names, each once.
//
// RFC 8707 2: absolute addresses without fragment; the parameter may come several times.
func readResources(p *parameters) []string {
	var named []string
	for _, one := range p.form["resource"] {
		u, err := url.Parse(one)
		switch {
		case one == "":
			continue
		case err != nil || u.Scheme == "" || u.Fragment != "" || len(one) > maxValue || len(named) == maxResources:
			p.fail(NewError(CodeInvalidTarget, "resource must be an absolute address without fragment, and there are not to be too many"))
			return nil
		case !Scope(named).Has(one):
			named = append(named, one)
		}
	}
	return named
}
