package config

import (
	"fmt"
	"strings"

	"vigil/engine/diag"
)

// CheckAdministrators warns of administrators of realms whose name neither stands in users nor, as far as known tells, is that of an account: whoever
// gets the name administers the realm. Known is asked for no others.
func (c *Config) CheckAdministrators(known func(environmentID, name string) bool) []diag.Diagnostic {
	var found []diag.Diagnostic
	for i := range c.Environments {
		e := &c.Environments[i]
		if e.AM == nil {
			continue
		}
		for j, realm := range e.AM.Realms {
			for k, name := range realm.Administrators {
				if e.lists(name) || known(e.ID, name) {
					continue
				}
				found = append(found, diag.Diagnostic{
					Severity: diag.Warning, Rule: ruleIneffective, Subject: c.At(item(item(item("environments", i)+".am.realms", j)+".administrators", k)),
					Summary: fmt.Sprintf("no account of %s has the name %s: nobody administers the realm by it, and whoever is given the name will", shown(e.ID), shown(name)),
					Hint:    "vigil user add " + name + ", or take the name away",
				})
			}
		}
	}
	return found
}

// lists reports whether users names somebody.
func (e *Environment) lists(name string) bool {
	for i := range e.Users {
		if strings.EqualFold(e.Users[i].Username, name) {
			return true
		}
	}
	return false
}
