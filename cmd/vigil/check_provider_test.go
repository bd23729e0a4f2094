package main

import (
	"strings"
	"testing"
)

func TestAFlowThatLeadsToAProviderWhichNobodyNamedIsRefusedWithItsPlace(t *testing.T) {
	b := newBench(t)
	const environment = "environments:\n  - id: one\n    hosts: [https://sso.example.com]\n    defaultFlow: sign-on-external\n"
	b.write("vigil.yaml", environment)
	r := b.run("", "check")
	if want := `external.signOn works with identityProviders, which the environment "one" does not have [capability-not-configured]`; r.code != exitFailed || !strings.Contains(r.err, want) {
		t.Errorf("exit %d\n%s\nwanted\n%s", r.code, r.err, want)
	}
	b.write("vigil.yaml", environment+"    identityProviders: [{name: compan, issuer: https://login.example.org, clientId: vigil}]\n")
	r = b.run("", "check")
	if want := `the field "company" leads to the identity provider "company", which the environment "one" does not have [capability-not-configured]`; r.code != exitFailed || !strings.Contains(r.err, want) || !strings.Contains(r.err, `did you mean "compan"?`) {
		t.Errorf("exit %d\n%s\nwanted\n%s", r.code, r.err, want)
	}
	b.write("vigil.yaml", environment+"    identityProviders: [{name: company, issuer: https://login.example.org, clientId: vigil}]\n")
	b.must("", "check")
}
