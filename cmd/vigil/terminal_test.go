package main

import (
	"strings"
	"testing"

	machine "vigil/engine/run"
)

func TestWhatStandsInTheFieldsOfAWalkSteersNoTerminal(t *testing.T) {
	var out strings.Builder
	s := &stroll{world: &world{out: &out}}
	s.page(machine.Page{Node: "ask", Title: "Sign on", Fields: []machine.PageField{{Name: "username", Label: "Name", Value: "ada\x1b]0;mine\a"}}})
	if got := out.String(); strings.ContainsAny(got, "\x1b\a") || !strings.Contains(got, "Name: ada]0;mine\n") {
		t.Errorf("%q", got)
	}
}
