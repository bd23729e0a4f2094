package oidc

import "net/url"

// maxResources bounds how many resources one request names.
const maxResources = 8

// readResources reads the resources that a request names, each once.
func readResources(p *parameters) []string {
	named, fault := ParseResources(p.form)
	if fault != nil {
		p.fail(fault)
	}
	return named
}

// ParseResources gives the resources that a form names, each once. They are not looked up.
//
// RFC 8707 2: absolute addresses without fragment; the parameter may come several times.
func ParseResources(form url.Values) ([]string, *Error) {
	var named []string
	for _, one := range form["resource"] {
		u, err := url.Parse(one)
		switch {
		case one == "":
			continue
		case err != nil || u.Scheme == "" || u.Fragment != "" || len(one) > maxValue || len(named) == maxResources:
			return nil, NewError(CodeInvalidTarget, "resource must be an absolute address without fragment, and there are not to be too many")
		case !Scope(named).Has(one):
			named = append(named, one)
		}
	}
	return named, nil
}
